//! The client against an emulator of AWS: identity, conditional writes, listings, and what controllers leave.

use std::collections::BTreeMap;

use seaworthy_aws::inventory::{Maker, Scope};
use seaworthy_aws::sweep::{Step, leftovers, sweep};
use seaworthy_aws::{Client, RestRequest, Service, Settings};
use seaworthy_testkit::emulator::{Account, Emulator};

const REGION: &str = "eu-west-3";
const CLUSTER: &str = "counter-production";

fn client(account: &Account) -> Client {
    let settings = Settings::new(account.variables(REGION), None);
    Client::new(settings, REGION).expect("the settings are good")
}

fn scope() -> Scope {
    let tags = [("platform", "counter"), ("environment", "production")];
    Scope {
        tags: BTreeMap::from(tags.map(|(name, value)| (name.to_owned(), value.to_owned()))),
        cluster: Some(CLUSTER.to_owned()),
        name_prefix: CLUSTER.to_owned(),
    }
}

fn ec2(client: &Client, action: &str, parameters: &[(&str, &str)]) -> seaworthy_aws::Element {
    let parameters: Vec<(String, String)> = parameters
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    client
        .query(Service::Ec2, (action, "2016-11-15"), &parameters)
        .unwrap_or_else(|error| panic!("{action}: {error}"))
}

/// The parameters that tag what is created.
fn tagged<'a>(kind: &'a str, tag: (&'a str, &'a str)) -> [(&'a str, &'a str); 3] {
    [
        ("TagSpecification.1.ResourceType", kind),
        ("TagSpecification.1.Tag.1.Key", tag.0),
        ("TagSpecification.1.Tag.1.Value", tag.1),
    ]
}

#[test]
fn says_who_the_caller_is() {
    let account = Emulator::shared().account();
    let identity = client(&account).identity().expect("it answers");
    assert_eq!(identity.account, account.id());
}

#[test]
fn a_refusal_carries_the_code_of_aws_in_each_of_its_forms() {
    let client = client(&Emulator::shared().account());
    let query = client.query(
        Service::Rds,
        ("DescribeDBInstances", "2014-10-31"),
        &[("DBInstanceIdentifier".to_owned(), "none".to_owned())],
    );
    let query = query.expect_err("there is none");
    assert!(query.is_not_found(), "{query}");
    let target = "secretsmanager.DescribeSecret";
    let body = serde_json::json!({ "SecretId": "none" });
    let json = client.json(Service::SecretsManager, target, &body);
    let json = json.expect_err("there is none");
    assert_eq!(json.code(), Some("ResourceNotFoundException"), "{json}");
    let bucket = client.bucket("counter-none", "700000000000").get("key");
    assert!(bucket.expect("a missing bucket has no object").is_none());
}

#[test]
fn an_object_is_written_once_and_then_only_over_what_was_read() {
    let account = Emulator::shared().account();
    let client = client(&account);
    let name = format!("counter-{}", account.id());
    let bucket = client.bucket(&name, account.id());
    assert!(!bucket.exists().expect("it answers"));
    create_bucket(&client, &name);
    assert!(bucket.exists().expect("it answers"));

    let key = "production/a b+c.lock";
    assert!(bucket.get(key).expect("it answers").is_none());
    assert!(bucket.put_new(key, b"first").expect("it answers"));
    assert!(!bucket.put_new(key, b"second").expect("it answers"));
    let object = bucket.get(key).expect("it answers").expect("it is there");
    assert_eq!(object.body, b"first");
    assert_eq!(bucket.keys("production/").expect("it answers"), [key]);
    bucket.delete(key).expect("it answers");
    bucket.delete(key).expect("twice is no error");
    assert!(bucket.get(key).expect("it answers").is_none());
}

fn create_bucket(client: &Client, name: &str) {
    let body = format!(
        "<CreateBucketConfiguration><LocationConstraint>{REGION}</LocationConstraint></CreateBucketConfiguration>"
    );
    client
        .send(
            Service::S3,
            "CreateBucket",
            RestRequest {
                method: "PUT",
                bucket: Some(name),
                path: "/",
                body: body.as_bytes(),
                ..RestRequest::default()
            },
        )
        .expect("it is created");
}

#[test]
fn everything_can_be_listed_and_an_empty_account_is_empty() {
    let inventory = client(&Emulator::shared().account()).inventory(&scope());
    let unseen: Vec<String> = inventory
        .unseen
        .iter()
        .map(|unseen| format!("{} {}: {}", unseen.service, unseen.kind, unseen.error))
        .collect();
    assert!(unseen.is_empty(), "{unseen:#?}");
    assert!(inventory.items.is_empty(), "{:#?}", inventory.items);
    assert!(inventory.seen.len() > 30, "{:?}", inventory.seen);
}

/// What controllers leave: an instance of Karpenter, a balancer of the load balancer controller with its target group and
/// security group, a volume of the EBS driver, an interface of the VPC CNI.
#[test]
fn what_controllers_left_is_found_and_removed_and_nothing_else() {
    let account = Emulator::shared().account();
    let client = client(&account);
    let owned = (&*format!("kubernetes.io/cluster/{CLUSTER}"), "owned");
    let by_controller = ("elbv2.k8s.aws/cluster", CLUSTER);
    let other = ("elbv2.k8s.aws/cluster", "counter-staging");

    let subnets = ec2(&client, "DescribeSubnets", &[]);
    let ids: Vec<&str> = subnets
        .all("subnetSet/item/subnetId")
        .iter()
        .map(|id| id.own_text())
        .collect();
    let vpc = subnets.text("subnetSet/item/vpcId");

    let mut instance = vec![
        ("ImageId", "ami-12c6146b"),
        ("MinCount", "1"),
        ("MaxCount", "1"),
    ];
    instance.extend(tagged("instance", owned));
    // Karpenter passes tags on, for the bill.
    instance.extend([
        ("TagSpecification.1.Tag.2.Key", "platform"),
        ("TagSpecification.1.Tag.2.Value", "counter"),
        ("TagSpecification.1.Tag.3.Key", "environment"),
        ("TagSpecification.1.Tag.3.Value", "production"),
    ]);
    ec2(&client, "RunInstances", &instance);
    let mut volume = vec![("Size", "1"), ("AvailabilityZone", "eu-west-3a")];
    volume.extend(tagged("volume", ("KubernetesCluster", CLUSTER)));
    ec2(&client, "CreateVolume", &volume);
    let mut interface = vec![("SubnetId", ids[0])];
    interface.extend(tagged(
        "network-interface",
        ("cluster.k8s.amazonaws.com/name", CLUSTER),
    ));
    ec2(&client, "CreateNetworkInterface", &interface);
    // A node group's template is OpenTofu's: it has a root.
    let mut template = vec![
        ("LaunchTemplateName", "nodes"),
        ("LaunchTemplateData.ImageId", "ami-12c6146b"),
    ];
    template.extend(tagged("launch-template", owned));
    template.extend([
        ("TagSpecification.1.Tag.2.Key", "platform"),
        ("TagSpecification.1.Tag.2.Value", "counter"),
        ("TagSpecification.1.Tag.3.Key", "environment"),
        ("TagSpecification.1.Tag.3.Value", "production"),
        ("TagSpecification.1.Tag.4.Key", "root"),
        ("TagSpecification.1.Tag.4.Value", "cluster"),
    ]);
    ec2(&client, "CreateLaunchTemplate", &template);
    let mut groups = Vec::new();
    for name in ["k8s-a", "k8s-b"] {
        let mut group = vec![
            ("GroupName", name),
            ("GroupDescription", "a"),
            ("VpcId", vpc),
        ];
        group.extend(tagged("security-group", by_controller));
        let answer = ec2(&client, "CreateSecurityGroup", &group);
        groups.push(answer.text("groupId").to_owned());
    }
    // They name each other, so that neither can go first.
    for (from, to) in [(0, 1), (1, 0)] {
        let rule = [
            ("GroupId", groups[from].as_str()),
            ("IpPermissions.1.IpProtocol", "tcp"),
            ("IpPermissions.1.FromPort", "80"),
            ("IpPermissions.1.ToPort", "80"),
            ("IpPermissions.1.Groups.1.GroupId", &groups[to]),
        ];
        ec2(&client, "AuthorizeSecurityGroupIngress", &rule);
    }
    for (name, (key, value)) in [("k8s-ours", by_controller), ("k8s-theirs", other)] {
        let parameters = [
            ("Name", name),
            ("Subnets.member.1", ids[0]),
            ("Subnets.member.2", ids[1]),
            ("Tags.member.1.Key", key),
            ("Tags.member.1.Value", value),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
        client
            .query(
                Service::ElasticLoadBalancingV2,
                ("CreateLoadBalancer", "2015-12-01"),
                &parameters,
            )
            .expect("it is created");
    }

    let found = leftovers(&client, &scope()).expect("it can be listed");
    let mut kinds: Vec<&str> = found.iter().map(|item| item.kind).collect();
    kinds.sort_unstable();
    assert_eq!(
        kinds,
        [
            "instance",
            "load balancer",
            "network interface",
            "security group",
            "security group",
            "volume"
        ],
        "{found:#?}"
    );
    assert!(found.iter().all(|item| item.maker == Maker::Controller));

    let mut told = Vec::new();
    let removed = sweep(&client, &scope(), &mut |step| {
        if let Step::Remove(item) = step {
            told.push(item.kind);
        }
    });
    assert_eq!(removed.expect("all of it goes").len(), 6);
    let at = |kind: &str| told.iter().position(|told| *told == kind);
    assert!(at("load balancer") < at("instance") && at("instance") < at("security group"));
    let left = leftovers(&client, &scope()).expect("it can be listed");
    assert!(left.is_empty(), "{left:#?}");

    let theirs = client
        .query(
            Service::ElasticLoadBalancingV2,
            ("DescribeLoadBalancers", "2015-12-01"),
            &[],
        )
        .expect("it answers");
    let names = theirs.all("DescribeLoadBalancersResult/LoadBalancers/member/LoadBalancerName");
    let names: Vec<&str> = names.iter().map(|name| name.own_text()).collect();
    assert_eq!(names, ["k8s-theirs"]);
}

#[test]
fn names_decide_only_where_tags_do_not() {
    let client = client(&Emulator::shared().account());
    for (name, environment) in [
        ("counter-production-api", "production"),
        ("counter-production-blue-api", "production-blue"),
        ("counter-productive", "production"),
    ] {
        let mut parameters = vec![
            ("RoleName", name),
            (
                "AssumeRolePolicyDocument",
                r#"{"Version":"2012-10-17","Statement":[]}"#,
            ),
        ];
        if environment == "production-blue" {
            parameters.extend([
                ("Tags.member.1.Key", "environment"),
                ("Tags.member.1.Value", environment),
            ]);
        }
        let parameters: Vec<(String, String)> = parameters
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        client
            .query(Service::Iam, ("CreateRole", "2010-05-08"), &parameters)
            .expect("it is created");
    }
    let inventory = client.inventory(&scope());
    let ids: Vec<&str> = inventory
        .items
        .iter()
        .map(|item| item.id.as_str())
        .collect();
    assert_eq!(ids, ["counter-production-api"]);
}
