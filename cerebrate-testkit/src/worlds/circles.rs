//! Sharing groups of a community.

use cerebrate_core::model::{Member, SharingGroup};

use super::{ORGANISATIONS, skewed};
use crate::builders::{organisation_id, sharing_group};
use crate::world::Dice;

/// The smallest and the largest group.
const SIZES: [usize; 2] = [2, 600];

pub(super) fn circles(dice: &mut Dice, count: usize) -> Vec<SharingGroup> {
    let mut groups: Vec<SharingGroup> = Vec::with_capacity(count);
    for number in 0..count {
        // Somebody made the group that was there already, under another name.
        let twin = if number % 10 == 9 { groups.last() } else { None };
        let name = match twin {
            Some(_) => format!("Circle {number:03} (again)"),
            None => format!("Circle {number:03}"),
        };
        let members = match twin {
            Some(twin) => twin.members.clone(),
            None => members(dice, number),
        };
        let owner = skewed(dice, ORGANISATIONS) as u128;
        let group = sharing_group(number as u128, &name, owner).with(|group| {
            group.releasability = format!("Members of circle {number:03}");
            group.active = dice.below(12) > 0;
            group.local = dice.below(4) > 0;
            group.members = members;
        });
        groups.push(group.build());
    }
    groups
}

fn members(dice: &mut Dice, number: usize) -> Vec<Member> {
    let size = match number {
        0 | 1 => SIZES[number],
        _ => {
            let most = skewed(dice, SIZES[1] - SIZES[0]);
            SIZES[0] + skewed(dice, most + 1)
        }
    };
    let mut members = Vec::with_capacity(size);
    for organisation in dice.some(ORGANISATIONS, size) {
        let organisation = organisation_id(organisation as u128);
        members.push(Member { organisation, extend: dice.below(8) == 0 });
    }
    members
}
