//! What a founding invitation leads to.

use super::frame_samples::MONDAY;
use crate::sequencer::{Founding, founding_preview};
use domain::{Rule, Timestamp};

#[test]
fn a_founding_invitation_works_once_until_it_expires() {
    let open = Founding { expires_at: MONDAY, used: false };
    let before = Timestamp(MONDAY.0 - 1);
    let preview = founding_preview(before, Some(&open)).unwrap();
    assert_eq!((preview.kind, preview.program_name, preview.expires_at), (None, None, MONDAY));

    let used = Founding { used: true, ..open };
    for (what, now, founding, rule) in [
        ("unknown", before, None, Rule::InvitationUsed),
        ("used", before, Some(&used), Rule::InvitationUsed),
        ("used and expired", MONDAY, Some(&used), Rule::InvitationUsed),
        ("expired", MONDAY, Some(&open), Rule::InvitationExpired),
        ("long expired", MONDAY.plus_days(400), Some(&open), Rule::InvitationExpired),
    ] {
        assert_eq!(founding_preview(now, founding).unwrap_err().rule, rule, "{what}");
    }
}
