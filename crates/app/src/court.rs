//! Why a deal is in somebody's court, as a clause.

use crate::say;
use domain::court::Why;

/// The clause that a list shows with a deal.
pub(crate) fn reason(why: &Why) -> String {
    match why {
        Why::Draft => say!("Finish and send the registration"),
        Why::Unsent => say!("Waiting to be sent"),
        Why::Undecided => say!("Decide the registration"),
        Why::Asked => say!("Answer the vendor’s question"),
        Why::Held => say!("Settle the conflict"),
        Why::HeldByRules => say!("Decide what the rules hold"),
        Why::Appealed => say!("Decide the appeal"),
        Why::Extending => say!("Decide on longer protection"),
        Why::Rejected => say!("Registration rejected"),
        Why::Duplicate => say!("Registered already by the same company"),
        Why::Withdrawn => say!("Registration withdrawn"),
        Why::Closed => say!("Closed"),
        Why::NoStep => say!("Agree the next step"),
        // First what presses: a long title is cut at its end.
        Why::Step { title, days_left } => match days_left {
            None => title.clone(),
            Some(0) => say!("Due today: {title}", title = title),
            Some(days) if *days < 0 => {
                say!("{days} d late: {title}", days = days.unsigned_abs(), title = title)
            }
            Some(days) => say!("Due in {days} d: {title}", days = days, title = title),
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
