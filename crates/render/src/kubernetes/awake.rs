//! The hours of an environment as cron schedules.

use seaworthy_definition::model::Awake;

const MINUTES_OF_A_DAY: u16 = 24 * 60;

/// When it wakes.
pub(super) fn start(awake: &Awake) -> String {
    cron(awake, i32::from(awake.from))
}

/// When it falls asleep.
pub(super) fn end(awake: &Awake) -> String {
    cron(awake, i32::from(awake.until))
}

/// This many minutes after it wakes, on each day that it does.
pub(super) fn after_start(awake: &Awake, minutes: u16) -> String {
    cron(awake, i32::from(awake.from + minutes))
}

/// The minute of each of its days; from 24:00 on it is the next day's.
fn cron(awake: &Awake, minute: i32) -> String {
    let day = i32::from(MINUTES_OF_A_DAY);
    let later = u8::try_from(minute / day).unwrap_or_default();
    let minute = minute % day;
    format!("{} {} * * {}", minute % 60, minute / 60, days(awake, later))
}

/// Its days in cron's numbers, where Sunday is 0, each this many days later.
fn days(awake: &Awake, later: u8) -> String {
    let (first, last) = awake.days;
    let length = (7 + last - first) % 7 + 1;
    if length == 7 {
        return "*".to_owned();
    }
    let mut days: Vec<u8> = (0..length)
        .map(|offset| (first + offset + later + 1) % 7)
        .collect();
    days.sort_unstable();
    let consecutive = days.windows(2).all(|pair| pair[1] == pair[0] + 1);
    match days.as_slice() {
        [first, .., last] if consecutive => format!("{first}-{last}"),
        days => {
            let days: Vec<String> = days.iter().map(u8::to_string).collect();
            days.join(",")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn awake(days: (u8, u8), from: u16, until: u16) -> Awake {
        Awake {
            days,
            from,
            until,
            time_zone: "Europe/Paris".to_owned(),
        }
    }

    #[test]
    fn hours_of_working_days() {
        let awake = awake((0, 4), 7 * 60, 20 * 60 + 30);
        assert_eq!(start(&awake), "0 7 * * 1-5");
        assert_eq!(end(&awake), "30 20 * * 1-5");
        assert_eq!(after_start(&awake, 45), "45 7 * * 1-5");
    }

    #[test]
    fn midnight_is_the_next_day_and_sunday_is_cron_s_zero() {
        assert_eq!(end(&awake((0, 4), 0, 1440)), "0 0 * * 2-6");
        assert_eq!(start(&awake((5, 6), 600, 900)), "0 10 * * 0,6");
        assert_eq!(start(&awake((0, 6), 600, 900)), "0 10 * * *");
        assert_eq!(start(&awake((2, 2), 600, 900)), "0 10 * * 3");
    }
}
