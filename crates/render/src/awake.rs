//! The hours of an environment as cron expressions, for what starts and stops machines and pods by the clock.

use seaworthy_definition::model::Awake;

const DAY: u16 = 24 * 60;

/// When it wakes: `0 7 * * 1-5`.
pub(crate) fn wake(awake: &Awake) -> String {
    cron(awake, awake.from)
}

/// When it falls asleep.
pub(crate) fn sleep(awake: &Awake) -> String {
    cron(awake, awake.until)
}

/// This many minutes after it wakes, on each day that it does.
pub(crate) fn after_wake(awake: &Awake, minutes: u16) -> String {
    cron(awake, awake.from + minutes)
}

/// A minute of each of its days. 24:00 is the first minute of the day after.
fn cron(awake: &Awake, minute: u16) -> String {
    let later = u8::from(minute >= DAY);
    let minute = minute % DAY;
    let (first, last) = awake.days;
    let length = (7 + last - first) % 7 + 1;
    // Cron's week begins with Sunday, the model's with Monday.
    let mut days: Vec<u8> = (0..length)
        .map(|day| (first + day + later + 1) % 7)
        .collect();
    days.sort_unstable();
    let is_range = days.windows(2).all(|pair| pair[1] == pair[0] + 1);
    let days = match days.as_slice() {
        days if days.len() == 7 => "*".to_owned(),
        [first, .., last] if is_range => format!("{first}-{last}"),
        days => {
            let days: Vec<String> = days.iter().map(u8::to_string).collect();
            days.join(",")
        }
    };
    format!("{} {} * * {days}", minute % 60, minute / 60)
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
    fn working_hours() {
        let awake = awake((0, 4), 7 * 60, 20 * 60 + 30);
        assert_eq!(wake(&awake), "0 7 * * 1-5");
        assert_eq!(sleep(&awake), "30 20 * * 1-5");
        assert_eq!(after_wake(&awake, 45), "45 7 * * 1-5");
    }

    #[test]
    fn midnight_is_the_next_day_and_sunday_is_cron_s_zero() {
        assert_eq!(sleep(&awake((0, 4), 0, 1440)), "0 0 * * 2-6");
        assert_eq!(wake(&awake((5, 6), 600, 900)), "0 10 * * 0,6");
        assert_eq!(wake(&awake((0, 6), 600, 900)), "0 10 * * *");
        assert_eq!(wake(&awake((2, 2), 600, 900)), "0 10 * * 3");
    }

    #[test]
    fn over_the_weekend_and_until_midnight() {
        let awake = awake((4, 0), 8 * 60, DAY);
        assert_eq!(wake(&awake), "0 8 * * 0,1,5,6");
        // Friday's midnight is Saturday's first minute.
        assert_eq!(sleep(&awake), "0 0 * * 0,1,2,6");
    }

    #[test]
    fn every_day_and_one_day() {
        assert_eq!(wake(&awake((0, 6), 0, DAY)), "0 0 * * *");
        assert_eq!(wake(&awake((6, 6), 60, DAY)), "0 1 * * 0");
    }
}
