//! Storage: volumes, what makes them, and where they live.

use crate::Rule;

mod eks;
mod pvc_no_default_class;
mod pvc_without_provisioner;
mod state_on_container_layer;
mod storage_class_missing;
mod volume_missing;
mod zonal_volume_multi_az_group;

pub(crate) const RULES: &[Rule] = &[
    pvc_no_default_class::RULE,
    pvc_without_provisioner::RULE,
    state_on_container_layer::RULE,
    storage_class_missing::RULE,
    volume_missing::RULE,
    zonal_volume_multi_az_group::RULE,
];
