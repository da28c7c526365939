"""Starts moto's server with what our tests need and moto 5.2.1 does not have.

usage: python moto_plus.py -H 127.0.0.1 -p PORT

What is added here answers as AWS documents it, as far as OpenTofu's provider asks: it keeps what was sent and says it
again. Nothing here judges; moto accepts versions, types and roles that do not exist, and so do these.

The server ends when its standard input does: whoever started it holds the other end, so that it cannot outlive
a test that was killed.

Each section patches one service. When moto learns something, its section goes.
"""

import json
import os
import sys
import threading
import uuid
from urllib.parse import unquote

import moto.autoscaling.models
import moto.backup.exceptions
import moto.backup.responses
import moto.backup.urls
import moto.budgets.models
import moto.budgets.responses
import moto.cloudtrail.models
import moto.ec2.models
import moto.ec2.models.launch_templates
import moto.ec2.models.security_groups
import moto.eks.models
import moto.eks.responses
import moto.eks.urls
import moto.iam.models
import moto.rds.models
import moto.s3.models
from moto.core.responses import ActionResult
from moto.core.utils import utcnow
from moto.eks.exceptions import ResourceNotFoundException
from moto.iam.access_control import IAMPolicy, PermissionResult
from moto.server import main

# --- Accounts: an access key names its account -------------------------------------------------------------------------

_account_of_key = moto.iam.models.get_account_id_from

# With an account's twelve digits this has the twenty characters that moto takes for a key.
KEY_PREFIX = "AKIAMOTO"


def account_of_key(access_key):
    """Tests get accounts of their own without asking STS first."""
    if access_key.startswith(KEY_PREFIX):
        return access_key.removeprefix(KEY_PREFIX)
    return _account_of_key(access_key)


moto.iam.models.get_account_id_from = account_of_key

# --- EKS: what a cluster is created with, add-ons, access entries, pod identity ---------------------------------------

# Else every node group gets a key pair that nobody asked for, and the next plan replaces it.
moto.eks.models.DEFAULT_REMOTE_ACCESS = None

EKS = moto.eks.responses.EKSResponse

# The field in a request, and the attribute of moto's cluster.
KEPT_OF_CLUSTER = {
    "accessConfig": "access_config",
    "computeConfig": "compute_config",
    "storageConfig": "storage_config",
    "upgradePolicy": "upgrade_policy",
    "zonalShiftConfig": "zonal_shift_config",
    "deletionProtection": "deletion_protection",
}

_create_cluster = EKS.create_cluster


def create_cluster(self):
    result = _create_cluster(self)
    cluster = (result._result if hasattr(result, "_result") else result.result)["cluster"]
    for field, attribute in KEPT_OF_CLUSTER.items():
        value = self._get_param(field)
        if value is not None:
            setattr(cluster, attribute, value)
    cluster.addons, cluster.entries, cluster.pod_identities = {}, {}, {}
    _make_security_group(self, cluster)
    return result


def _ec2(self):
    return moto.ec2.models.ec2_backends[self.current_account][self.region]


def _make_security_group(self, cluster):
    """EKS makes a security group for the control plane and the nodes, in the VPC of the subnets."""
    ec2, config = _ec2(self), cluster.resources_vpc_config
    subnets = ec2.describe_subnets(subnet_ids=config["subnetIds"])
    config["vpcId"] = subnets[0].vpc_id
    group = ec2.create_security_group(
        f"eks-cluster-sg-{cluster.name}-{uuid.uuid4().int % 10**9}",
        "EKS created security group applied to ENI that is attached to EKS Control Plane master nodes",
        vpc_id=subnets[0].vpc_id,
        tags={"aws:eks:cluster-name": cluster.name, f"kubernetes.io/cluster/{cluster.name}": "owned"},
    )
    config["clusterSecurityGroupId"] = group.id


_delete_cluster = EKS.delete_cluster


def delete_cluster(self):
    cluster = self.eks_backend.describe_cluster(self._get_param("name"))
    answer = _delete_cluster(self)
    _ec2(self).delete_security_group(group_id=cluster.resources_vpc_config["clusterSecurityGroupId"])
    return answer


_create_nodegroup, _delete_nodegroup = EKS.create_nodegroup, EKS.delete_nodegroup


def create_nodegroup(self):
    """With what moto drops, and with the group of EC2 Auto Scaling that schedules are made for; it starts nothing."""
    _create_nodegroup(self)
    group = self.eks_backend.describe_nodegroup(self._get_param("name"), self._get_param("nodegroupName"))
    group.update_config = self._get_param("updateConfig")
    group.node_repair_config = self._get_param("nodeRepairConfig")
    scaling = moto.autoscaling.models.autoscaling_backends[self.current_account][self.region]
    template = self._get_param("launchTemplate")
    if template:
        scaling.create_auto_scaling_group(
            name=group.resources["autoScalingGroups"][0]["name"],
            availability_zones=[],
            desired_capacity=0,
            max_size=self._get_param("scalingConfig")["maxSize"],
            min_size=0,
            launch_config_name=None,
            launch_template={"LaunchTemplateId": template["id"], "Version": template["version"]},
            vpc_zone_identifier=",".join(self._get_param("subnets")),
            default_cooldown=None,
            health_check_period=None,
            health_check_type=None,
            load_balancers=[],
            target_group_arns=[],
            placement_group=None,
            termination_policies=[],
            tags=[],
            capacity_rebalance=False,
        )
    return ActionResult({"nodegroup": group})


def delete_nodegroup(self):
    group = self.eks_backend.describe_nodegroup(self._get_param("name"), self._get_param("nodegroupName"))
    scaling = moto.autoscaling.models.autoscaling_backends[self.current_account][self.region]
    name = group.resources["autoScalingGroups"][0]["name"]
    if name in scaling.autoscaling_groups:
        scaling.delete_auto_scaling_group(name)
    return _delete_nodegroup(self)


def _cluster(self):
    name = unquote(self.path).split("/clusters/", 1)[1].split("/", 1)[0]
    return self.eks_backend.describe_cluster(name)


def _one(table, key, kind):
    if key not in table:
        raise ResourceNotFoundException(message=f"No {kind} found for: {key}.")
    return table[key]


def _arn(cluster, kind, rest):
    return f"{cluster.arn.replace(':cluster/', f':{kind}/')}/{rest}"


def _present(fields):
    return {key: value for key, value in fields.items() if value is not None}


def _done(kind):
    return ActionResult({"update": {"id": str(uuid.uuid4()), "status": "Successful", "type": kind}})


def create_addon(self):
    cluster, name = _cluster(self), self._get_param("addonName")
    addon = _present(
        {
            "addonName": name,
            "clusterName": cluster.name,
            "status": "ACTIVE",
            "addonVersion": self._get_param("addonVersion") or "v1.0.0-eksbuild.1",
            "addonArn": _arn(cluster, "addon", f"{name}/{uuid.uuid4()}"),
            "createdAt": utcnow(),
            "modifiedAt": utcnow(),
            "serviceAccountRoleArn": self._get_param("serviceAccountRoleArn"),
            "configurationValues": self._get_param("configurationValues"),
            "tags": self._get_param("tags") or {},
            "health": {"issues": []},
        }
    )
    for wanted in self._get_param("podIdentityAssociations") or []:
        association = _associate(self, cluster, "kube-system", wanted["serviceAccount"], wanted["roleArn"])
        association["ownerArn"] = addon["addonArn"]
        addon.setdefault("podIdentityAssociations", []).append(association["associationArn"])
    cluster.addons[name] = addon
    return ActionResult({"addon": addon})


def describe_addon(self):
    return ActionResult({"addon": _one(_cluster(self).addons, self._get_param("addonName"), "addon")})


def update_addon(self):
    addon = _one(_cluster(self).addons, self._get_param("addonName"), "addon")
    for field in ("addonVersion", "serviceAccountRoleArn", "configurationValues"):
        if self._get_param(field) is not None:
            addon[field] = self._get_param(field)
    return _done("AddonUpdate")


def delete_addon(self):
    addons = _cluster(self).addons
    addon = _one(addons, self._get_param("addonName"), "addon")
    del addons[addon["addonName"]]
    for arn in addon.get("podIdentityAssociations", []):
        _cluster(self).pod_identities.pop(arn.rsplit("/", 1)[1], None)
    return ActionResult({"addon": dict(addon, status="DELETING")})


def list_addons(self):
    return ActionResult({"addons": list(_cluster(self).addons)})


def describe_addon_versions(self):
    version = {
        "addonVersion": "v1.0.0-eksbuild.1",
        "compatibilities": [
            {"clusterVersion": self._get_param("kubernetesVersion") or "1.32", "defaultVersion": True}
        ],
    }
    return ActionResult({"addons": [{"addonName": self._get_param("addonName"), "addonVersions": [version]}]})


def describe_update(self):
    return ActionResult({"update": {"id": self._get_param("updateId"), "status": "Successful"}})


def _principal(self):
    path = unquote(self.path)
    if "/access-entries/" in path:
        return path.split("/access-entries/", 1)[1].split("/access-policies", 1)[0]
    return self._get_param("principalArn")


def _entry(self):
    return _one(_cluster(self).entries, _principal(self), "access entry")


def create_access_entry(self):
    cluster, principal = _cluster(self), _principal(self)
    entry = {
        "clusterName": cluster.name,
        "principalArn": principal,
        "accessEntryArn": _arn(cluster, "access-entry", f"role/{principal.rsplit('/', 1)[-1]}/{uuid.uuid4()}"),
        "kubernetesGroups": self._get_param("kubernetesGroups") or [],
        "type": self._get_param("type") or "STANDARD",
        "createdAt": utcnow(),
        "modifiedAt": utcnow(),
        "username": self._get_param("username") or principal,
        "tags": self._get_param("tags") or {},
    }
    cluster.entries[principal] = (entry, {})
    return ActionResult({"accessEntry": entry})


def describe_access_entry(self):
    return ActionResult({"accessEntry": _entry(self)[0]})


def update_access_entry(self):
    entry, _ = _entry(self)
    for field in ("kubernetesGroups", "username"):
        if self._get_param(field) is not None:
            entry[field] = self._get_param(field)
    return ActionResult({"accessEntry": entry})


def delete_access_entry(self):
    _entry(self)
    del _cluster(self).entries[_principal(self)]
    return ActionResult({})


def list_access_entries(self):
    return ActionResult({"accessEntries": list(_cluster(self).entries)})


def associate_access_policy(self):
    (entry, policies), policy = _entry(self), self._get_param("policyArn")
    policies[policy] = {
        "policyArn": policy,
        "accessScope": self._get_param("accessScope"),
        "associatedAt": utcnow(),
        "modifiedAt": utcnow(),
    }
    named = {"clusterName": entry["clusterName"], "principalArn": entry["principalArn"]}
    return ActionResult(dict(named, associatedAccessPolicy=policies[policy]))


def list_associated_access_policies(self):
    entry, policies = _entry(self)
    named = {"clusterName": entry["clusterName"], "principalArn": entry["principalArn"]}
    return ActionResult(dict(named, associatedAccessPolicies=list(policies.values())))


def disassociate_access_policy(self):
    _, policies = _entry(self)
    policies.pop(unquote(self.path).split("/access-policies/", 1)[1], None)
    return ActionResult({})


def create_pod_identity_association(self):
    association = _associate(
        self, _cluster(self), self._get_param("namespace"), self._get_param("serviceAccount"), self._get_param("roleArn")
    )
    return ActionResult({"association": association})


def _associate(self, cluster, namespace, service_account, role_arn):
    association_id = "a-" + uuid.uuid4().hex[:17]
    association = {
        "clusterName": cluster.name,
        "associationId": association_id,
        "associationArn": _arn(cluster, "podidentityassociation", association_id),
        "namespace": namespace,
        "serviceAccount": service_account,
        "roleArn": role_arn,
        "tags": self._get_param("tags") or {},
        "createdAt": utcnow(),
        "modifiedAt": utcnow(),
    }
    cluster.pod_identities[association_id] = association
    return association


def _association(self):
    return _one(_cluster(self).pod_identities, self._get_param("associationId"), "pod identity association")


def describe_pod_identity_association(self):
    return ActionResult({"association": _association(self)})


def update_pod_identity_association(self):
    association = _association(self)
    if self._get_param("roleArn") is not None:
        association["roleArn"] = self._get_param("roleArn")
    return ActionResult({"association": association})


def delete_pod_identity_association(self):
    association = _association(self)
    del _cluster(self).pod_identities[association["associationId"]]
    return ActionResult({"association": association})


def list_pod_identity_associations(self):
    return ActionResult({"associations": list(_cluster(self).pod_identities.values())})


for added in (
    create_cluster,
    delete_cluster,
    create_nodegroup,
    delete_nodegroup,
    create_addon,
    describe_addon,
    update_addon,
    delete_addon,
    list_addons,
    describe_addon_versions,
    describe_update,
    create_access_entry,
    describe_access_entry,
    update_access_entry,
    delete_access_entry,
    list_access_entries,
    associate_access_policy,
    list_associated_access_policies,
    disassociate_access_policy,
    create_pod_identity_association,
    describe_pod_identity_association,
    update_pod_identity_association,
    delete_pod_identity_association,
    list_pod_identity_associations,
):
    setattr(EKS, added.__name__, added)

moto.eks.urls.url_paths["{0}/addons/supported-versions$"] = moto.eks.urls.response.dispatch
for path in (
    "addons$",
    "addons/(?P<addonName>[^/]+)$",
    "addons/(?P<addonName>[^/]+)/update$",
    "access-entries$",
    "access-entries/(?P<rest>.+)$",
    "pod-identity-associations$",
    "pod-identity-associations/(?P<associationId>[^/]+)$",
    "updates/(?P<updateId>[^/]+)$",
):
    moto.eks.urls.url_paths["{0}/clusters/(?P<name>[^/]+)/" + path] = moto.eks.urls.response.dispatch

_action_of = EKS._get_action


def action_of(self):
    """The server hands the path over decoded, so ARNs, which hold `/`, need a look-up of their own."""
    path = unquote(self.path)
    if "/access-entries/" not in path:
        return _action_of(self)
    if "/access-policies/" in path:
        return "DisassociateAccessPolicy"
    if path.endswith("/access-policies"):
        return {"POST": "AssociateAccessPolicy", "GET": "ListAssociatedAccessPolicies"}[self.method]
    return {"GET": "DescribeAccessEntry", "DELETE": "DeleteAccessEntry", "POST": "UpdateAccessEntry"}[self.method]


EKS._get_action = action_of

# --- Budgets: tags and subscribers ------------------------------------------------------------------------------------

Budgets = moto.budgets.responses.BudgetsResponse
_create_budget = Budgets.create_budget


def create_budget(self):
    answer = _create_budget(self)
    budget = self.backend.budgets[self._get_param("AccountId")][self._get_param("Budget")["BudgetName"]]
    budget.resource_tags = self._get_param("ResourceTags") or []
    return answer


def list_tags_for_resource(self):
    # arn:aws:budgets::ACCOUNT:budget/NAME
    _, _, _, _, account, resource = self._get_param("ResourceARN").split(":", 5)
    budget = self.backend.budgets[account].get(resource.split("/", 1)[1])
    return json.dumps({"ResourceTags": getattr(budget, "resource_tags", [])})


def describe_subscribers_for_notification(self):
    wanted = self._get_param("Notification")
    budget = self.backend.budgets[self._get_param("AccountId")][self._get_param("BudgetName")]
    for notification in budget.notifications:
        details = notification.details
        if all(details.get(key) == value for key, value in wanted.items() if key in details):
            return json.dumps({"Subscribers": notification.subscribers})
    return json.dumps({"Subscribers": []})


Budgets.create_budget = create_budget
Budgets.list_tags_for_resource = list_tags_for_resource
Budgets.describe_subscribers_for_notification = describe_subscribers_for_notification

# --- Backup: `GET /tags/ARN` without a slash at its end ---------------------------------------------------------------


def list_backup_tags(self):
    arn = unquote(self.path.split("/tags/", 1)[1].rstrip("/"))
    return json.dumps({"Tags": self.backup_backend.list_tags(resource_arn=arn) or {}})


moto.backup.responses.BackupResponse.list_tags = list_backup_tags

# --- EC2: a launch template's own tags do not belong into its data ----------------------------------------------------

TemplateVersion = moto.ec2.models.launch_templates.LaunchTemplateVersion
_template_version = TemplateVersion.__init__


def template_version(self, template, number, data, description):
    kept = [tags for tags in data.get("TagSpecifications", []) if tags.get("ResourceType") != "launch-template"]
    data = {key: value for key, value in data.items() if key != "TagSpecifications"}
    if kept:
        data["TagSpecifications"] = kept
    _template_version(self, template, number, data, description)


TemplateVersion.__init__ = template_version

# --- Backup: what a plan selects --------------------------------------------------------------------------------------


def selection_ids(self):
    plan, _, selection = unquote(self.path).split("/plans/", 1)[1].partition("/selections")
    return plan, selection.strip("/")


def selections_of(self, plan):
    plan = self.backup_backend.plans.get(plan)
    if plan is None:
        raise moto.backup.exceptions.ResourceNotFoundException(msg="no such plan")
    if not hasattr(plan, "kept_selections"):
        plan.kept_selections = {}
    return plan.kept_selections


def create_backup_selection(self):
    plan, _ = selection_ids(self)
    selection = {
        "BackupPlanId": plan,
        "BackupSelection": json.loads(self.body)["BackupSelection"],
        "CreationDate": utcnow().timestamp(),
        "SelectionId": str(uuid.uuid4()),
    }
    selections_of(self, plan)[selection["SelectionId"]] = selection
    return json.dumps(selection)


def get_backup_selection(self):
    plan, selection = selection_ids(self)
    found = selections_of(self, plan).get(selection)
    if found is None:
        raise moto.backup.exceptions.ResourceNotFoundException(msg="no such selection")
    return json.dumps(found)


def delete_backup_selection(self):
    plan, selection = selection_ids(self)
    selections_of(self, plan).pop(selection, None)
    return ""


def list_backup_selections(self):
    plan, _ = selection_ids(self)
    return json.dumps({"BackupSelectionsList": list(selections_of(self, plan).values())})


Backup = moto.backup.responses.BackupResponse
for action in (create_backup_selection, get_backup_selection, delete_backup_selection, list_backup_selections):
    setattr(Backup, action.__name__, action)
# moto's pattern of a plan swallows what stands below it.
moto.backup.urls.url_paths = {
    "{0}/backup/plans/(?P<plan>[^/]+)/selections/?$": moto.backup.urls.response.dispatch,
    "{0}/backup/plans/(?P<plan>[^/]+)/selections/(?P<selection>[^/]+)$": moto.backup.urls.response.dispatch,
} | moto.backup.urls.url_paths

# --- RDS: what a database is created with, an id of its own, and who set a parameter ----------------------------------

# The field in a request as moto passes it on, and the attribute that is answered.
KEPT_OF_INSTANCE = {
    "database_insights_mode": "database_insights_mode",
    "enable_performance_insights": "performance_insights_enabled",
    "monitoring_interval": "monitoring_interval",
    "monitoring_role_arn": "monitoring_role_arn",
    "performance_insights_kms_key_id": "performance_insights_kms_key_id",
    "performance_insights_retention_period": "performance_insights_retention_period",
}
_db_instance = moto.rds.models.DBInstance.__init__


def db_instance(self, *args, **kwargs):
    _db_instance(self, *args, **kwargs)
    # moto gives every instance the same id, by which the provider looks for one.
    self.dbi_resource_id = "db-" + uuid.uuid4().hex[:26].upper()
    for field, attribute in KEPT_OF_INSTANCE.items():
        if kwargs.get(field) is not None:
            setattr(self, attribute, kwargs[field])


moto.rds.models.DBInstance.__init__ = db_instance

_update_parameters = moto.rds.models.DBParameterGroup.update_parameters


def update_parameters(self, new_parameters):
    # The provider leaves out parameters that do not say who set them.
    _update_parameters(self, [{**parameter, "Source": "user"} for parameter in new_parameters])


moto.rds.models.DBParameterGroup.update_parameters = update_parameters

_db_cluster = moto.rds.models.DBCluster.__init__


def db_cluster(self, *args, **kwargs):
    _db_cluster(self, *args, **kwargs)
    if kwargs.get("database_insights_mode") is not None:
        self.database_insights_mode = kwargs["database_insights_mode"]


moto.rds.models.DBCluster.__init__ = db_cluster

_scaling = moto.rds.models.DBCluster.scaling_configuration_info
# Only the serverless engine of old has one; moto answers an empty one for every cluster.
moto.rds.models.DBCluster.scaling_configuration_info = property(
    lambda self: _scaling.fget(self) if self.scaling_configuration else None
)

# --- CloudTrail: a trail is also named by its ARN -------------------------------------------------------------------------

Trails = moto.cloudtrail.models.CloudTrailBackend


def start_logging(self, name):
    self.get_trail(name_or_arn=name).start_logging()


def stop_logging(self, name):
    self.get_trail(name_or_arn=name).stop_logging()


Trails.start_logging = start_logging
Trails.stop_logging = stop_logging

# --- EC2: the description of a rule that names a group -----------------------------------------------------------------

moto.ec2.models.security_groups.SecurityGroupRule.description = property(
    lambda self: self.ip_range.get("Description") or self.source_group.get("Description")
)
# --- S3: the emulator speaks plain HTTP, and what refuses plain HTTP must not refuse it ---------------------------------


def get_permission(self, action, resource):
    """Judges by the policy without the statements that deny requests without TLS."""
    if not self.policy:
        return PermissionResult.NEUTRAL
    policy = json.loads(self.policy)
    statements = policy["Statement"] if isinstance(policy["Statement"], list) else [policy["Statement"]]
    policy["Statement"] = [one for one in statements if "aws:SecureTransport" not in json.dumps(one)]
    return IAMPolicy(json.dumps(policy)).is_action_permitted(action, resource)


moto.s3.models.FakeBucket.get_permission = get_permission

# --- The end ----------------------------------------------------------------------------------------------------------


def end_with_standard_input():
    sys.stdin.buffer.read()
    os._exit(0)


if __name__ == "__main__":
    threading.Thread(target=end_with_standard_input, daemon=True).start()
    main(sys.argv[1:])
