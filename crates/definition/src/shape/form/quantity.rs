//! Forms of quantities and of times.

use super::{Form, form};
use crate::{schedule, units};

pub(crate) static DURATION: Form = form(
    "a duration such as `30s`",
    &["300ms", "30s", "5m", "1h", "7d"],
    r"^[0-9]+(\.[0-9]+)?(ms|s|m|h|d|w|y)$",
    |text| units::duration(text).map(drop),
)
.quantity();
pub(crate) static CPU: Form = form(
    "an amount of CPU such as `100m` or `0.5`",
    &["100m", "0.5", "2"],
    r"^([0-9]+m|[0-9]+(\.[0-9]{1,3})?)$",
    |text| units::cpu(text).map(drop),
)
.numbers();
pub(crate) static MEMORY: Form = form(
    "an amount of memory such as `128Mi`",
    &["128Mi", "1Gi"],
    r"^[0-9]+(\.[0-9]+)?(Ki|Mi|Gi|Ti|k|M|G|T)$",
    |text| units::memory(text).map(drop),
)
.quantity();
pub(crate) static SHARE: Form = form(
    "a share such as `99.9%`",
    &["70%", "99.9%"],
    r"^[0-9]+(\.[0-9]{1,4})?%$",
    |text| units::share(text).map(drop),
)
.quantity();
pub(crate) static PERCENTILE: Form = form(
    "a percentile such as `p99`",
    &["p50", "p95", "p99", "p99.9"],
    r"^p[0-9]{1,2}(\.[0-9]{1,4})?$",
    |text| units::percentile(text).map(drop),
);
pub(crate) static BUDGET: Form = form(
    "an amount such as `60 USD/month`",
    &["60 USD/month"],
    r"^[0-9]+(\.[0-9]{1,2})? [A-Z]{3}/month$",
    |text| units::monthly_amount(text).map(drop),
)
.quantity();

pub(crate) static CRON: Form = form(
    "five cron fields such as `0 4 * * *`",
    &["0 4 * * *", "*/15 * * * mon-fri"],
    r"^\S+ +\S+ +\S+ +\S+ +\S+$",
    |text| schedule::cron(text).map(drop),
);
pub(crate) static TIME_ZONE: Form = form(
    "a time zone such as `Europe/Paris`",
    &["Etc/UTC", "Europe/Paris"],
    r"^[A-Za-z0-9_+\-/]+$",
    schedule::time_zone,
);
pub(crate) static AWAKE: Form = form(
    "days, hours and a time zone such as `mon-fri 07:00-20:00 Europe/Paris`",
    &["mon-fri 07:00-20:00 Europe/Paris"],
    r"^(mon|tue|wed|thu|fri|sat|sun)(-(mon|tue|wed|thu|fri|sat|sun))? [0-9]{2}:[0-9]{2}-[0-9]{2}:[0-9]{2} [A-Za-z0-9_+\-/]+$",
    |text| schedule::awake(text).map(drop),
);
