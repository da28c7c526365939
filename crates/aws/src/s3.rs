//! S3, as far as a state's bucket needs it: whether it is there and ours, objects, and their versions.

use serde_json::Value;

use crate::{Answer, Client, Element, Error, RestRequest, Service};

/// A bucket that is asked about.
#[derive(Debug, Clone, Copy)]
pub struct Bucket<'a> {
    client: &'a Client,
    name: &'a str,
    /// Every request fails when the bucket is another account's, so that nothing is written into a squatter's bucket.
    account: Option<&'a str>,
}

/// An object as it was read.
#[derive(Debug, Clone)]
pub struct Object {
    /// What it holds.
    pub body: Vec<u8>,
    /// Names this content; a condition for changing it.
    pub etag: String,
}

impl Client {
    /// A bucket of an account.
    pub fn bucket<'a>(&'a self, name: &'a str, account: &'a str) -> Bucket<'a> {
        Bucket {
            client: self,
            name,
            account: Some(account),
        }
    }

    /// A bucket that was listed as the caller's own.
    pub(crate) fn bucket_of_caller<'a>(&'a self, name: &'a str) -> Bucket<'a> {
        Bucket {
            client: self,
            name,
            account: None,
        }
    }

    /// The names of every bucket of the account.
    ///
    /// # Errors
    /// As [`query`](Self::query).
    pub fn bucket_names(&self) -> Result<Vec<String>, Error> {
        let answer = self.send(
            Service::S3,
            "ListBuckets",
            RestRequest {
                method: "GET",
                path: "/",
                ..RestRequest::default()
            },
        )?;
        let answer = Element::read(&answer.text(), "s3:ListBuckets")?;
        let names = answer.all("Buckets/Bucket/Name");
        Ok(names
            .iter()
            .map(|name| name.own_text().to_owned())
            .collect())
    }
}

impl Bucket<'_> {
    /// Whether it exists. That it is another account's is an error.
    ///
    /// # Errors
    /// As [`Client::query`].
    pub fn exists(&self) -> Result<bool, Error> {
        match self.send("HeadBucket", "HEAD", "/", &[], &[]) {
            Ok(_) => Ok(true),
            Err(error) if error.is_not_found() => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Reads an object; `None`: there is none.
    ///
    /// # Errors
    /// As [`Client::query`].
    pub fn get(&self, key: &str) -> Result<Option<Object>, Error> {
        match self.send("GetObject", "GET", &format!("/{key}"), &[], &[]) {
            Ok(answer) => Ok(Some(Object {
                etag: answer.headers.get("etag").cloned().unwrap_or_default(),
                body: answer.body,
            })),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Writes an object that must not be there yet; `false`: it is.
    ///
    /// # Errors
    /// As [`Client::query`].
    pub fn put_new(&self, key: &str, body: &[u8]) -> Result<bool, Error> {
        self.put(key, body, ("if-none-match", "*"))
    }

    /// Writes an object in place of one that was read; `false`: it has changed since.
    ///
    /// # Errors
    /// As [`Client::query`].
    pub fn put_over(&self, key: &str, body: &[u8], old: &Object) -> Result<bool, Error> {
        self.put(key, body, ("if-match", &old.etag))
    }

    fn put(&self, key: &str, body: &[u8], condition: (&str, &str)) -> Result<bool, Error> {
        let mut headers = self.owner();
        headers.push(condition);
        let written = self.client.send(
            Service::S3,
            "PutObject",
            RestRequest {
                method: "PUT",
                bucket: Some(self.name),
                path: &format!("/{key}"),
                headers: &headers,
                body,
                ..RestRequest::default()
            },
        );
        match written {
            Ok(_) => Ok(true),
            Err(error) if error.is_precondition_failed() => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Deletes an object; one that is not there is no error.
    ///
    /// # Errors
    /// As [`Client::query`].
    pub fn delete(&self, key: &str) -> Result<(), Error> {
        match self.send("DeleteObject", "DELETE", &format!("/{key}"), &[], &[]) {
            Err(error) if !error.is_not_found() => Err(error),
            _ => Ok(()),
        }
    }

    /// The keys below a prefix.
    ///
    /// # Errors
    /// As [`Client::query`].
    pub fn keys(&self, prefix: &str) -> Result<Vec<String>, Error> {
        let mut keys = Vec::new();
        let mut token = String::new();
        loop {
            let mut query = vec![("list-type", "2"), ("prefix", prefix)];
            if !token.is_empty() {
                query.push(("continuation-token", &token));
            }
            let answer = self.send("ListObjectsV2", "GET", "/", &query, &[])?;
            let answer = Element::read(&answer.text(), "s3:ListObjectsV2")?;
            let listed = answer.all("Contents/Key");
            keys.extend(listed.iter().map(|key| key.own_text().to_owned()));
            answer.text("NextContinuationToken").clone_into(&mut token);
            if token.is_empty() {
                return Ok(keys);
            }
        }
    }

    /// Its tags, as pairs; none when it has none.
    ///
    /// # Errors
    /// As [`Client::query`].
    pub fn tags(&self) -> Result<Vec<(String, String)>, Error> {
        let answer = match self.send("GetBucketTagging", "GET", "/", &[("tagging", "")], &[]) {
            Err(error) if error.is_not_found() => return Ok(Vec::new()),
            answer => Element::read(&answer?.text(), "s3:GetBucketTagging")?,
        };
        let tags = answer.all("TagSet/Tag");
        Ok(tags
            .iter()
            .map(|tag| (tag.text("Key").to_owned(), tag.text("Value").to_owned()))
            .collect())
    }

    /// How long its objects are locked by default, in days and in words; `None`: they are not.
    ///
    /// # Errors
    /// As [`Client::query`].
    pub fn retention(&self) -> Result<Option<String>, Error> {
        let asked = ("GetObjectLockConfiguration", &[("object-lock", "")]);
        let answer = match self.send(asked.0, "GET", "/", asked.1, &[]) {
            Err(error) if error.is_not_found() => return Ok(None),
            answer => Element::read(&answer?.text(), "s3:GetObjectLockConfiguration")?,
        };
        let rule = "Rule/DefaultRetention";
        let mode = answer.text(&format!("{rule}/Mode")).to_lowercase();
        let lasts = ["Days", "Years"].map(|unit| (unit, answer.text(&format!("{rule}/{unit}"))));
        let lasts = lasts.iter().find(|(_, number)| !number.is_empty());
        Ok(lasts.map(|(unit, number)| format!("{number} {} ({mode})", unit.to_lowercase())))
    }

    fn send(
        &self,
        action: &str,
        method: &str,
        path: &str,
        query: &[(&str, &str)],
        body: &[u8],
    ) -> Result<Answer, Error> {
        self.client.send(
            Service::S3,
            action,
            RestRequest {
                method,
                bucket: Some(self.name),
                path,
                query,
                headers: &self.owner(),
                body,
            },
        )
    }

    fn owner(&self) -> Vec<(&'static str, &str)> {
        let account = self.account.into_iter();
        account
            .map(|account| ("x-amz-expected-bucket-owner", account))
            .collect()
    }
}

impl Object {
    /// What it holds as JSON; `None`: it is none.
    pub fn json(&self) -> Option<Value> {
        serde_json::from_slice(&self.body).ok()
    }
}
