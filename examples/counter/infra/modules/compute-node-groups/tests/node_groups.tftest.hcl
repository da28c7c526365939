mock_provider "aws" {
  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }

  mock_data "aws_default_tags" {
    defaults = { tags = { platform = "counter" } }
  }

  mock_data "aws_iam_policy_document" {
    defaults = { json = "{}" }
  }

  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::111111111111:role/counter-production-node" }
  }

  mock_resource "aws_launch_template" {
    defaults = { id = "lt-0123456789abcdef0", latest_version = 1 }
  }

  mock_resource "aws_eks_node_group" {
    defaults = {
      resources = [{ autoscaling_groups = [{ name = "eks-general-0123" }], remote_access_security_group_id = "" }]
    }
  }
}

variables {
  cluster_name       = "counter-production"
  kubernetes_version = "1.36"
  subnet_ids         = { eu-west-3a = "subnet-a", eu-west-3b = "subnet-b" }
  volumes_key_arn    = "arn:aws:kms:eu-west-3:111111111111:key/00000000-0000-0000-0000-000000000000"

  groups = {
    general = {
      instance_types = ["m7g.large"]
      min            = 2
      max            = 6
    }
    monitoring = {
      instance_types = ["r7g.large"]
      ami_type       = "AL2023_ARM_64_STANDARD"
      min            = 1
      max            = 2
      labels         = { "seaworthy.dev/pool" = "monitoring" }
      taints         = { "seaworthy.dev/pool" = { value = "monitoring" } }
      sleeps         = false
    }
    spot = {
      instance_types = ["m7g.large", "m6g.large", "c7g.large"]
      capacity       = "SPOT"
      min            = 0
      max            = 9
    }
  }
}

run "groups_are_as_asked_for" {
  assert {
    condition     = aws_eks_node_group.this["general"].ami_type == "BOTTLEROCKET_ARM_64" && aws_eks_node_group.this["general"].capacity_type == "ON_DEMAND" && aws_eks_node_group.this["general"].version == "1.36"
    error_message = "the default is Bottlerocket on Graviton, on demand, of the cluster's version"
  }

  assert {
    condition     = aws_eks_node_group.this["spot"].capacity_type == "SPOT" && length(aws_eks_node_group.this["spot"].instance_types) == 3
    error_message = "spot instances may be of any of three types"
  }

  assert {
    condition     = alltrue([for group in aws_eks_node_group.this : group.subnet_ids == toset(["subnet-a", "subnet-b"])])
    error_message = "every group has nodes in every zone"
  }

  assert {
    condition     = one(aws_eks_node_group.this["spot"].scaling_config).min_size == 0 && one(aws_eks_node_group.this["spot"].scaling_config).desired_size == 1
    error_message = "a group may go down to no nodes, and starts with one"
  }
}

run "monitoring_has_nodes_of_its_own" {
  assert {
    condition     = [for taint in aws_eks_node_group.this["monitoring"].taint : "${taint.key}=${taint.value}:${taint.effect}"] == ["seaworthy.dev/pool=monitoring:NO_SCHEDULE"]
    error_message = "nothing else is put there"
  }

  assert {
    condition     = aws_eks_node_group.this["monitoring"].labels["seaworthy.dev/pool"] == "monitoring" && length(aws_eks_node_group.this["general"].taint) == 0
    error_message = "monitoring finds its nodes, everything else finds the others"
  }
}

run "disks_are_encrypted_and_node_roles_kept_from_pods" {
  assert {
    condition     = alltrue(flatten([for template in aws_launch_template.this : [for mapping in template.block_device_mappings : one(mapping.ebs).encrypted == "true" && one(mapping.ebs).kms_key_id == var.volumes_key_arn && one(mapping.ebs).volume_type == "gp3"]]))
    error_message = "every disk is encrypted with the platform's key"
  }

  assert {
    condition     = [for mapping in aws_launch_template.this["general"].block_device_mappings : mapping.device_name] == ["/dev/xvda", "/dev/xvdb"] && [for mapping in aws_launch_template.this["monitoring"].block_device_mappings : mapping.device_name] == ["/dev/xvda"]
    error_message = "Bottlerocket has a second disk for data, Amazon Linux has one"
  }

  assert {
    condition     = alltrue([for template in aws_launch_template.this : one(template.metadata_options).http_tokens == "required" && one(template.metadata_options).http_put_response_hop_limit == 1])
    error_message = "pods cannot reach the node's credentials"
  }

  assert {
    condition     = alltrue([for template in aws_launch_template.this : template.vpc_security_group_ids == null && length(template.network_interfaces) == 0])
    error_message = "nodes get the cluster's own security group, which databases admit"
  }
}

run "instances_and_disks_are_tagged_for_the_bill" {
  assert {
    condition     = alltrue(flatten([for template in aws_launch_template.this : [for specification in template.tag_specifications : specification.tags["platform"] == "counter"]]))
    error_message = "what EC2 Auto Scaling makes carries the provider's default tags"
  }
}

run "nodes_may_join_and_pull" {
  assert {
    condition     = toset(keys(aws_iam_role_policy_attachment.node)) == toset(["AmazonEC2ContainerRegistryPullOnly", "AmazonEKSWorkerNodePolicy"])
    error_message = "nodes have no permissions that pods should have"
  }
}

run "always_awake" {
  assert {
    condition     = length(aws_autoscaling_schedule.wake) == 0 && length(aws_autoscaling_schedule.sleep) == 0
    error_message = "without `awake` nothing sleeps"
  }
}

run "sleeps_outside_working_hours" {
  variables {
    awake = {
      wake      = "0 7 * * 1-5"
      sleep     = "0 20 * * 1-5"
      time_zone = "Europe/Paris"
    }
  }

  assert {
    condition     = keys(aws_autoscaling_schedule.sleep) == ["general", "spot"] && keys(aws_autoscaling_schedule.wake) == ["general", "spot"]
    error_message = "groups sleep, but for the one that does not"
  }

  assert {
    condition     = aws_autoscaling_schedule.sleep["general"].desired_capacity == 0 && aws_autoscaling_schedule.sleep["general"].min_size == 0 && aws_autoscaling_schedule.sleep["general"].recurrence == "0 20 * * 1-5"
    error_message = "asleep there are no nodes"
  }

  assert {
    condition     = aws_autoscaling_schedule.wake["general"].desired_capacity == 2 && aws_autoscaling_schedule.wake["general"].min_size == 2 && aws_autoscaling_schedule.wake["general"].max_size == 6 && aws_autoscaling_schedule.wake["general"].time_zone == "Europe/Paris"
    error_message = "it wakes to what it was, by the clock of its people"
  }
}

################################################################################
# What is refused
################################################################################

run "refuses_spot_of_one_type" {
  command = plan

  variables {
    groups = { spot = { instance_types = ["m7g.large"], capacity = "SPOT", min = 0, max = 3 } }
  }

  expect_failures = [var.groups]
}

run "refuses_x86_instances_with_an_arm_image" {
  command = plan

  variables {
    groups = { general = { instance_types = ["m7i.large"], min = 1, max = 3 } }
  }

  expect_failures = [var.groups]
}

run "refuses_arm_instances_with_an_x86_image" {
  command = plan

  variables {
    groups = { general = { instance_types = ["c8gd.large"], ami_type = "AL2023_x86_64_STANDARD", min = 1, max = 3 } }
  }

  expect_failures = [var.groups]
}

# The g of g5 and g6 means a GPU, not Graviton.
run "takes_gpu_instances_with_an_x86_image" {
  command = plan

  variables {
    groups = { gpu = { instance_types = ["g5.xlarge", "g6.xlarge", "m7i-flex.large"], ami_type = "AL2023_x86_64_NVIDIA", min = 0, max = 1 } }
  }
}

run "refuses_fewer_at_most_than_at_least" {
  command = plan

  variables {
    groups = { general = { instance_types = ["m7g.large"], min = 3, max = 2 } }
  }

  expect_failures = [var.groups]
}

run "refuses_an_effect_that_kubernetes_spells_otherwise" {
  command = plan

  variables {
    groups = { general = { instance_types = ["m7g.large"], min = 1, max = 2, taints = { spot = { effect = "NoSchedule" } } } }
  }

  expect_failures = [var.groups]
}

run "refuses_one_zone" {
  command = plan

  variables {
    subnet_ids = { eu-west-3a = "subnet-a" }
  }

  expect_failures = [var.subnet_ids]
}

run "refuses_a_cron_of_six_fields" {
  command = plan

  variables {
    awake = { wake = "0 0 7 * * 1-5", sleep = "0 20 * * 1-5", time_zone = "Europe/Paris" }
  }

  expect_failures = [var.awake]
}
