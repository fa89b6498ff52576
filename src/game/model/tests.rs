//! Tests of the tables' look-ups and of the rules of a template.

use super::*;

fn template(profession: &str, ids: [u8; 3]) -> BuildTemplate {
    let profession = profession_by_id(profession).expect("a profession of the table");
    BuildTemplate {
        specializations: ids.map(|id| SpecializationSlot::new(id, [1, 2, 3], 0)),
        ..BuildTemplate::empty(profession)
    }
}

fn found(template: &BuildTemplate) -> Vec<(String, &'static str)> {
    let contradictions = template.contradictions();
    contradictions
        .into_iter()
        .map(|e| (e.pointer, e.code))
        .collect()
}

#[test]
fn the_tables_have_the_size_of_the_game() {
    assert_eq!(PROFESSIONS.len(), 9);
    assert_eq!(SPECIALIZATIONS.len(), 81);
    assert_eq!(SPECIALIZATIONS.iter().filter(|s| s.elite).count(), 36);
    assert_eq!((WEAPONS.len(), LEGENDS.len(), ROLES.len()), (19, 8, 12));
    assert_eq!(REFERENCE_VERSION.len(), 8);
    assert!(REFERENCE_VERSION.bytes().all(|b| b.is_ascii_hexdigit()));
}

#[test]
fn every_row_is_found_by_its_key_and_nothing_else_is() {
    for profession in PROFESSIONS {
        assert_eq!(profession_by_code(profession.code), Some(profession));
        assert_eq!(profession_by_id(profession.id), Some(profession));
        let own = profession
            .core_specializations
            .iter()
            .chain(profession.elite_specializations);
        for &id in own {
            let specialization = specialization_by_id(id).expect("an id of the profession's table");
            assert_eq!(specialization.profession, profession.id);
            assert_eq!(
                specialization.elite,
                profession.elite_specializations.contains(&id)
            );
        }
    }
    for id in 0..=u8::MAX {
        let listed = SPECIALIZATIONS.iter().find(|s| s.id == id);
        assert_eq!(specialization_by_id(id), listed);
        assert_eq!(
            profession_by_code(id),
            PROFESSIONS.iter().find(|p| p.code == id)
        );
        assert_eq!(legend_by_code(id), LEGENDS.iter().find(|l| l.code == id));
    }
    for id in 0..=u16::MAX {
        assert_eq!(weapon_by_id(id), WEAPONS.iter().find(|w| w.id == id));
    }
    for role in ROLES {
        assert_eq!(role_by_id(role.id), Some(role));
    }
    assert_eq!(profession_by_id("guardian"), None);
    assert_eq!(role_by_id("alacrity"), None);
}

#[test]
fn the_professions_with_a_mechanic_are_the_ones_meant() {
    assert_eq!(profession_by_code(RANGER).map(|p| p.id), Some("Ranger"));
    assert_eq!(profession_by_code(REVENANT).map(|p| p.id), Some("Revenant"));
}

#[test]
fn a_trait_byte_comes_apart_and_together() {
    for trait_byte in 0..=u8::MAX {
        let slot = SpecializationSlot { id: 42, trait_byte };
        let again = SpecializationSlot::new(slot.id, slot.choices(), slot.padding());
        assert_eq!(again, slot);
    }
    let slot = SpecializationSlot {
        id: 42,
        trait_byte: 0b01_11_10_01,
    };
    assert_eq!((slot.choices(), slot.padding()), ([1, 2, 3], 1));
}

#[test]
fn only_its_own_profession_reads_the_mechanic_bytes() {
    let mechanic = std::array::from_fn(|i| u8::try_from(i + 1).expect("16 fits"));
    for profession in PROFESSIONS {
        let template = BuildTemplate {
            mechanic,
            ..BuildTemplate::empty(profession)
        };
        assert_eq!(template.pets().is_some(), profession.id == "Ranger");
        assert_eq!(template.legends().is_some(), profession.id == "Revenant");
        let reserved = match profession.id {
            "Ranger" => &mechanic[4..],
            "Revenant" => &[],
            _ => &mechanic[..],
        };
        assert_eq!(template.reserved(), reserved);
    }
    let ranger = BuildTemplate {
        mechanic,
        ..template("Ranger", [0; 3])
    };
    assert_eq!(
        ranger.pets(),
        Some(LandAndWater {
            land: [1, 2],
            water: [3, 4]
        })
    );
    let revenant = BuildTemplate {
        mechanic,
        ..template("Revenant", [0; 3])
    };
    let land = Legends {
        active: 1,
        inactive: 2,
        inactive_utilities: [0x0605, 0x0807, 0x0a09],
    };
    let water = Legends {
        active: 3,
        inactive: 4,
        inactive_utilities: [0x0c0b, 0x0e0d, 0x100f],
    };
    assert_eq!(revenant.legends(), Some(LandAndWater { land, water }));
}

#[test]
fn a_counted_list_refuses_its_256th_entry() {
    let list = CountedList::new(vec![7u16; 255]).expect("255 entries fit");
    assert_eq!(list.count(), 255);
    assert_eq!(CountedList::new(vec![7u16; 256]), Err(vec![7; 256]));
}

const OTHER: &str = "specialization_of_other_profession";
const ELITE: &str = "elite_not_in_third_slot";
const TWICE: &str = "duplicate_specialization";

#[test]
fn contradictions_are_found_in_their_slots() {
    for (ids, expected) in [
        ([42, 46, 62], &[][..]),
        ([0, 0, 0], &[]),
        ([42, 0, 13], &[]),
        // Unknown ones are none.
        ([250, 251, 252], &[]),
        ([42, 19, 60], &[(1, OTHER), (2, OTHER)]),
        ([62, 16, 42], &[(0, ELITE)]),
        ([13, 62, 42], &[(1, ELITE)]),
        ([42, 13, 42], &[(2, TWICE)]),
        ([42, 42, 42], &[(1, TWICE), (2, TWICE)]),
    ] {
        let place = |(slot, code): &(u8, _)| (format!("/specializations/{slot}"), *code);
        let expected: Vec<_> = expected.iter().map(place).collect();
        assert_eq!(found(&template("Guardian", ids)), expected, "{ids:?}");
    }
    assert_eq!(
        template("Guardian", [42, 19, 60]).contradictions()[1].detail,
        "Scourge belongs to the Necromancer; this template is for the Guardian."
    );
}

#[test]
fn a_slot_can_contradict_in_more_than_one_way() {
    let template = template("Warrior", [62, 62, 62]);
    let codes: Vec<_> = found(&template).into_iter().map(|(_, code)| code).collect();
    assert_eq!(codes, [OTHER, ELITE, TWICE, OTHER, ELITE, TWICE, OTHER]);
}
