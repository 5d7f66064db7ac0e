//! Why a deal is in somebody's court, as a clause.

use domain::court::Why;

/// The clause that a list shows with a deal.
pub(crate) fn reason(why: &Why) -> String {
    match why {
        Why::Draft => "Finish and send the registration".to_owned(),
        Why::Unsent => "Waiting to be sent".to_owned(),
        Why::Undecided => "Decide the registration".to_owned(),
        Why::Rejected => "Registration rejected".to_owned(),
        Why::Duplicate => "Registered already by the same company".to_owned(),
        Why::Withdrawn => "Registration withdrawn".to_owned(),
        Why::Closed => "Closed".to_owned(),
        Why::NoStep => "Agree the next step".to_owned(),
        // First what presses: a long title is cut at its end.
        Why::Step { title, days_left } => match days_left {
            None => title.clone(),
            Some(0) => format!("Due today: {title}"),
            Some(days) if *days < 0 => format!("{} d late: {title}", days.unsigned_abs()),
            Some(days) => format!("Due in {days} d: {title}"),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_presses_comes_before_the_title_of_a_step() {
        let step = |days_left| reason(&Why::Step { title: "Security review".to_owned(), days_left });
        assert_eq!(step(None), "Security review");
        assert_eq!(step(Some(0)), "Due today: Security review");
        assert_eq!(step(Some(10)), "Due in 10 d: Security review");
        assert_eq!(step(Some(-60)), "60 d late: Security review");
    }
}
