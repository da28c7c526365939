//! Who reaches whom in a VPC: the rules of security groups, and the groups that nodes and databases carry.

use std::sync::Arc;

use ipnet::IpNet;
use seaworthy_facts::terraform::{Resource, Root};
use seaworthy_facts::{Span, Value};

/// A rule that lets traffic in.
#[derive(Debug, Clone)]
pub struct IngressRule {
    /// `tcp`, `udp`, `-1` for all; `None` where it is not known.
    pub protocol: Option<Arc<str>>,
    /// First and last port; `None` where they are not known. All ports where the protocol is `-1`.
    pub ports: Option<(i64, i64)>,
    /// Who is let in.
    pub peers: Vec<Peer>,
    /// The rule.
    pub span: Span,
}

/// Somebody whom a rule lets in.
#[derive(Debug, Clone)]
pub struct Peer {
    /// Who.
    pub who: Who,
    /// Where the rule says so.
    pub span: Span,
}

/// Who is let in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Who {
    /// Whoever carries this security group.
    Group(Group),
    /// These addresses.
    Addresses(Box<str>),
    /// Whoever carries the group that the rule belongs to.
    Itself,
    /// Not known.
    Unknown,
}

/// A security group.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Group {
    /// One that is declared, by its address.
    Declared(Arc<str>),
    /// The one that EKS makes for a cluster and puts on its managed nodes, by the cluster's address.
    OfCluster(Arc<str>),
    /// One that is named by its id.
    Id(Box<str>),
}

/// Security groups that something carries.
#[derive(Debug, Clone, Default)]
pub struct Carried {
    /// The groups, with the place that says so.
    pub groups: Vec<(Group, Span)>,
    /// There may be others.
    pub incomplete: bool,
    /// The address ranges it lives in: of its subnets, else of their VPC. Empty where they are not known.
    pub ranges: Vec<IpNet>,
}

/// Whether something reaches something, and the rule or the place that decides.
#[derive(Debug, Clone)]
pub enum Reach {
    /// It does: this rule lets it in, by this group or range.
    Allowed {
        /// The rule.
        rule: Span,
        /// The group of the one who is let in, where it is by group.
        by: Option<(Group, Span)>,
    },
    /// It does not: no rule of these groups lets it in.
    Refused {
        /// The rules that there are, none of which fits.
        rules: Vec<IngressRule>,
    },
    /// It cannot be seen.
    Unknown {
        /// What is missing.
        why: Box<str>,
    },
}

/// The groups that a value lists: `vpc_security_group_ids`, `security_groups`.
pub fn groups(value: Option<&Value>) -> Carried {
    let mut carried = Carried::default();
    for item in value.map_or(&[][..], Value::each) {
        match group(item) {
            Some(group) => carried.groups.push((group, item.span)),
            None => carried.incomplete = true,
        }
    }
    carried
}

/// The group that a value names.
pub fn group(value: &Value) -> Option<Group> {
    if let Some(id) = value.str() {
        return Some(Group::Id(id.into()));
    }
    let unknown = value.as_unknown()?;
    let resource = unknown.resource.clone()?;
    if unknown.name.contains("cluster_security_group_id")
        || unknown.name.contains("cluster_primary_security_group_id")
    {
        return Some(Group::OfCluster(resource));
    }
    Some(Group::Declared(resource))
}

/// Every rule that lets traffic into a declared group: its own blocks, and rules that stand alone. The second value
/// says whether there may be others.
pub fn ingress(root: &Root, group: &Resource) -> (Vec<IngressRule>, bool) {
    let mut rules = Vec::new();
    let mut incomplete = false;
    if let Some(blocks) = group.at("ingress") {
        incomplete |= blocks.is_unknown();
        for block in blocks.each() {
            let mut peers = peers(block.get("security_groups"), true);
            peers.extend(self::peers(block.get("cidr_blocks"), false));
            peers.extend(self::peers(block.get("ipv6_cidr_blocks"), false));
            peers.extend(self::peers(block.get("prefix_list_ids"), true));
            if block.get("self").and_then(Value::bool) == Some(true) {
                peers.push(itself(block));
            }
            rules.push(rule(block, peers, block.span));
        }
    }
    let own = |value: Option<&Value>| {
        value
            .and_then(Value::as_unknown)
            .and_then(|unknown| unknown.resource.as_deref())
            .is_some_and(|address| address == &*group.address || address == &*group.plain_address)
    };
    for alone in root.resources("aws_security_group_rule") {
        if !own(alone.at("security_group_id")) || alone.str("type") == Some("egress") {
            continue;
        }
        let mut peers = peers(alone.at("source_security_group_id"), true);
        peers.extend(self::peers(alone.at("cidr_blocks"), false));
        peers.extend(self::peers(alone.at("ipv6_cidr_blocks"), false));
        peers.extend(self::peers(alone.at("prefix_list_ids"), true));
        if alone.at("self").and_then(Value::bool) == Some(true) {
            peers.push(itself(&alone.body));
        }
        rules.push(rule(&alone.body, peers, alone.span));
    }
    for alone in root.resources("aws_vpc_security_group_ingress_rule") {
        if !own(alone.at("security_group_id")) {
            continue;
        }
        let mut peers = peers(alone.at("referenced_security_group_id"), true);
        peers.extend(self::peers(alone.at("cidr_ipv4"), false));
        peers.extend(self::peers(alone.at("cidr_ipv6"), false));
        peers.extend(self::peers(alone.at("prefix_list_id"), true));
        let mut rule = rule(&alone.body, peers, alone.span);
        if let Some(protocol) = alone.at("ip_protocol").and_then(Value::scalar) {
            rule.protocol = Some(protocol.into());
        }
        rules.push(rule);
    }
    (rules, incomplete)
}

fn itself(block: &Value) -> Peer {
    Peer {
        who: Who::Itself,
        span: block.get("self").map_or(block.span, |value| value.span),
    }
}

fn rule(body: &Value, peers: Vec<Peer>, span: Span) -> IngressRule {
    let protocol = body.get("protocol").and_then(Value::scalar).map(Arc::from);
    let port = |name: &str| body.get(name).and_then(Value::int);
    IngressRule {
        protocol,
        ports: port("from_port").zip(port("to_port")),
        peers,
        span,
    }
}

/// Whom a list of a rule names: groups, or addresses. A list that is not known at all is one unknown peer.
fn peers(value: Option<&Value>, groups: bool) -> Vec<Peer> {
    value
        .map_or(&[][..], Value::each)
        .iter()
        .map(|item| {
            let who = match (groups, item.str()) {
                (true, _) => group(item).map_or(Who::Unknown, Who::Group),
                (false, Some(range)) => Who::Addresses(range.into()),
                (false, None) => Who::Unknown,
            };
            Peer {
                who,
                span: item.span,
            }
        })
        .collect()
}

impl IngressRule {
    /// Whether it is about a TCP port; `None` where that is not known.
    pub fn covers(&self, port: i64) -> Option<bool> {
        match self.protocol.as_deref() {
            Some("-1" | "all") => Some(true),
            Some("tcp" | "6") => {
                let (first, last) = self.ports?;
                Some((first..=last).contains(&port) || (first, last) == (-1, -1))
            }
            Some(_) => Some(false),
            None => None,
        }
    }
}

/// The groups that the pods of a cluster carry, by its nodes: what managed node groups, self-managed groups and
/// launch templates say; the cluster's own group where a managed node group brings no template with groups.
pub fn pod_groups(root: &Root, cluster: &Resource) -> Carried {
    let mut carried = Carried::default();
    let refers = |resource: &Resource| {
        resource.body.refers_to(&cluster.address)
            || resource.body.refers_to(&cluster.plain_address)
            || names_cluster(resource, cluster)
    };
    let own = Group::OfCluster(cluster.plain_address.clone());
    for nodes in root.resources("aws_eks_node_group").filter(|r| refers(r)) {
        let template = nodes
            .at("launch_template.id")
            .or_else(|| nodes.at("launch_template.name"));
        match template.map(|value| template_groups(root, value)) {
            Some(found) if !found.groups.is_empty() || found.incomplete => {
                carried.groups.extend(found.groups);
                carried.incomplete |= found.incomplete;
            }
            // EKS puts the cluster's group on nodes whose template names none.
            _ => carried.groups.push((own.clone(), nodes.span)),
        }
    }
    // Auto Mode, Fargate and Karpenter's defaults carry the cluster's group as well.
    if carried.groups.is_empty() {
        carried.groups.push((own, cluster.span));
        carried.incomplete = true;
    }
    carried.groups.dedup_by(|a, b| a.0 == b.0);
    let subnets = root
        .resources("aws_eks_node_group")
        .find(|nodes| refers(nodes))
        .and_then(|nodes| nodes.at("subnet_ids"))
        .or_else(|| cluster.at("vpc_config.subnet_ids"));
    carried.ranges = ranges(root, subnets);
    carried
}

fn names_cluster(resource: &Resource, cluster: &Resource) -> bool {
    match (resource.str("cluster_name"), cluster.str("name")) {
        (Some(ours), Some(theirs)) => ours == theirs,
        _ => false,
    }
}

fn template_groups(root: &Root, reference: &Value) -> Carried {
    let template = reference
        .as_unknown()
        .and_then(|unknown| unknown.resource.as_deref())
        .and_then(|address| root.find(address));
    let Some(template) = template else {
        return Carried {
            incomplete: true,
            ..Carried::default()
        };
    };
    let mut carried = groups(template.at("vpc_security_group_ids"));
    for interface in template
        .at("network_interfaces")
        .map_or(&[][..], Value::each)
    {
        let more = groups(interface.get("security_groups"));
        carried.groups.extend(more.groups);
        carried.incomplete |= more.incomplete;
    }
    carried
}

/// The port that a database listens on: as declared, else its engine's.
pub fn database_port(database: &Resource) -> Option<i64> {
    if let Some(port) = database.at("port") {
        return port.int();
    }
    let engine = database.str("engine")?;
    Some(match engine {
        engine if engine.contains("postgres") => 5432,
        engine if engine.contains("mysql") || engine.contains("mariadb") => 3306,
        engine if engine.starts_with("sqlserver") => 1433,
        engine if engine.starts_with("oracle") => 1521,
        _ => return None,
    })
}

/// Whether a range holds all of these (yes), none (no), or some or nobody knows.
fn holds(range: &str, ranges: &[IpNet]) -> Option<bool> {
    let range: IpNet = range.parse().ok()?;
    if range.prefix_len() == 0 {
        return Some(true);
    }
    if ranges.is_empty() {
        return None;
    }
    if ranges.iter().all(|inner| range.contains(inner)) {
        return Some(true);
    }
    let touches = |other: &IpNet| range.contains(other) || other.contains(&range);
    if ranges.iter().any(touches) {
        None
    } else {
        Some(false)
    }
}

/// The ranges of the subnets that a value lists, else those of every VPC of the configuration.
fn ranges(root: &Root, subnets: Option<&Value>) -> Vec<IpNet> {
    let named: Option<Vec<IpNet>> = subnets.and_then(|subnets| {
        let unknowns = subnets.unknowns();
        let found: Option<Vec<IpNet>> = unknowns
            .iter()
            .map(|(unknown, _)| {
                root.find(unknown.resource.as_deref()?)?
                    .str("cidr_block")?
                    .parse()
                    .ok()
            })
            .collect();
        found.filter(|found| !found.is_empty())
    });
    named.unwrap_or_else(|| {
        root.resources("aws_vpc")
            .filter_map(|vpc| vpc.str("cidr_block")?.parse().ok())
            .collect()
    })
}

/// Whether somebody who carries these groups reaches a port of somebody who carries those.
pub fn reaches(root: &Root, from: &Carried, to: &Carried, port: i64) -> Reach {
    let mut seen = Vec::new();
    let mut hidden: Option<Box<str>> = None;
    for (group, _) in &to.groups {
        let address = match group {
            Group::Declared(address) => address,
            Group::OfCluster(cluster) => {
                // Everybody in the cluster's own group reaches everybody else in it.
                let both = from.groups.iter().find(|(ours, _)| ours == group);
                if let Some(ours) = both {
                    return Reach::Allowed {
                        rule: ours.1,
                        by: Some(ours.clone()),
                    };
                }
                hidden = Some(format!("the rules of the security group of `{cluster}`").into());
                continue;
            }
            Group::Id(id) => {
                hidden = Some(format!("the rules of security group `{id}`").into());
                continue;
            }
        };
        let Some(declared) = root.find(address) else {
            hidden = Some(format!("`{address}`").into());
            continue;
        };
        let (rules, incomplete) = ingress(root, declared);
        if incomplete {
            hidden = Some(format!("some rules of `{address}`").into());
        }
        for rule in rules {
            match rule.covers(port) {
                Some(true) => {}
                Some(false) => {
                    seen.push(rule);
                    continue;
                }
                None => {
                    hidden = Some("the ports of a rule".into());
                    seen.push(rule);
                    continue;
                }
            }
            for peer in &rule.peers {
                match &peer.who {
                    Who::Group(allowed) => {
                        if let Some(ours) = from.groups.iter().find(|(ours, _)| ours == allowed) {
                            return Reach::Allowed {
                                rule: peer.span,
                                by: Some(ours.clone()),
                            };
                        }
                        // An id may be any group's.
                        if matches!(allowed, Group::Id(_)) {
                            hidden = Some("which group an id belongs to".into());
                        }
                    }
                    Who::Itself => {
                        if let Some(ours) = from.groups.iter().find(|(ours, _)| ours == group) {
                            return Reach::Allowed {
                                rule: peer.span,
                                by: Some(ours.clone()),
                            };
                        }
                    }
                    Who::Addresses(range) => match holds(range, &from.ranges) {
                        Some(true) => {
                            return Reach::Allowed {
                                rule: peer.span,
                                by: None,
                            };
                        }
                        Some(false) => {}
                        None => {
                            hidden = Some(
                                format!("whether `{range}` holds the nodes' addresses").into(),
                            );
                        }
                    },
                    Who::Unknown => hidden = Some("whom a rule lets in".into()),
                }
            }
            seen.push(rule);
        }
    }
    if from.incomplete {
        hidden.get_or_insert_with(|| "other groups that the nodes may carry".into());
    }
    if to.incomplete || to.groups.is_empty() {
        hidden.get_or_insert_with(|| "the groups that the target carries".into());
    }
    match hidden {
        Some(why) => Reach::Unknown { why },
        None => Reach::Refused { rules: seen },
    }
}
