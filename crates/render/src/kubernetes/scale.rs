//! Who decides how many replicas run.

use seaworthy_definition::model::{Environment, Service};

/// Who decides how many replicas of a service run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scaling {
    /// Git: this many, always.
    Fixed(u32),
    /// A HorizontalPodAutoscaler, by CPU and memory.
    Horizontal,
    /// A ScaledObject of KEDA, which also knows hours and requests and makes an autoscaler of its own.
    Scheduled,
}

impl Scaling {
    pub(crate) fn of(environment: &Environment, service: &Service) -> Self {
        let scale = &service.scale;
        let scales = scale.max > scale.min;
        if environment.awake.is_some() || (scales && scale.requests.is_some()) {
            Self::Scheduled
        } else if scales {
            Self::Horizontal
        } else {
            Self::Fixed(scale.min)
        }
    }
}
