//! The parts of a build template, and the reference tables that name its numbers. Every value of
//! [`BuildTemplate`] has exactly one chat code; unknown ids are kept. `chat_code` has the byte layout,
//! `template` the JSON form.

use serde::Serialize;

include!(concat!(env!("OUT_DIR"), "/reference.rs"));

/// The profession code of the Ranger, whose templates carry pets.
pub const RANGER: u8 = 4;
/// The profession code of the Revenant, whose templates carry legends.
pub const REVENANT: u8 = 9;

/// One of the nine professions.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Profession {
    /// The id that the game's API uses, which is also its English name.
    pub id: &'static str,
    /// The byte that stands for it in chat codes, 1..=9.
    pub code: u8,
    /// Ids of its five core specializations.
    pub core_specializations: &'static [u8],
    /// Ids of its elite specializations, oldest expansion first.
    pub elite_specializations: &'static [u8],
}

/// A core or elite specialization.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Specialization {
    /// The id that the game's API and chat codes use.
    pub id: u8,
    /// Its English name.
    pub name: &'static str,
    /// The id of the one profession that can take it.
    pub profession: &'static str,
    /// Whether it is an elite specialization, which only the third slot takes.
    pub elite: bool,
    /// The expansion that brought an elite specialization.
    pub expansion: Option<&'static str>,
}

/// A weapon type.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Weapon {
    /// The weapon type id that chat codes use.
    pub id: u16,
    /// The name that the game's API uses, for example `ShortBow`.
    pub name: &'static str,
}

/// A Revenant's legend.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Legend {
    /// The byte that stands for it in chat codes.
    pub code: u8,
    /// The id that the game's API uses, for example `Legend4`.
    pub id: &'static str,
    /// The English name of its stance.
    pub name: &'static str,
}

/// A role a player takes in a squad.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct SquadRole {
    /// Stable id, `snake_case`.
    pub id: &'static str,
    /// The name for people.
    pub name: &'static str,
    /// What the role does, in one line.
    pub description: &'static str,
}

/// The profession with this chat code byte.
pub fn profession_by_code(code: u8) -> Option<&'static Profession> {
    // build.rs refuses a table whose codes are not 1, 2, 3 ...
    PROFESSIONS.get(usize::from(code).checked_sub(1)?)
}

/// The profession with this API id, for example `Guardian`.
pub fn profession_by_id(id: &str) -> Option<&'static Profession> {
    PROFESSIONS.iter().find(|profession| profession.id == id)
}

/// The specialization with this id.
pub fn specialization_by_id(id: u8) -> Option<&'static Specialization> {
    // 255 marks an id that is not in the table; there are fewer specializations than that.
    SPECIALIZATIONS.get(usize::from(SPECIALIZATION_INDEX[usize::from(id)]))
}

/// The weapon type with this id.
pub fn weapon_by_id(id: u16) -> Option<&'static Weapon> {
    let position = WEAPONS.binary_search_by_key(&id, |weapon| weapon.id).ok()?;
    WEAPONS.get(position)
}

/// The legend with this chat code byte.
pub fn legend_by_code(code: u8) -> Option<&'static Legend> {
    LEGENDS.get(usize::from(code).checked_sub(1)?)
}

/// The role with this id.
pub fn role_by_id(id: &str) -> Option<&'static SquadRole> {
    ROLES.iter().find(|role| role.id == id)
}

/// A mistake in a template, and where it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TemplateError {
    /// JSON Pointer (RFC 6901) to the mistake.
    pub pointer: String,
    /// Stable code, `snake_case`.
    pub code: &'static str,
    /// What is wrong and how to do it right.
    pub detail: String,
}

/// One of the three specialization slots, as the two bytes that a chat code gives it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SpecializationSlot {
    /// The specialization, 0 for an empty slot. May be unknown to the tables.
    pub id: u8,
    /// Three trait choices of two bits each, adept lowest, and two bits of padding.
    pub trait_byte: u8,
}

impl SpecializationSlot {
    /// A slot from its parts. Only the low two bits of each choice and of the padding count.
    pub fn new(id: u8, choices: [u8; 3], padding: u8) -> Self {
        let [adept, master, grandmaster] = choices.map(|choice| choice & 0b11);
        Self {
            id,
            trait_byte: adept | master << 2 | grandmaster << 4 | padding << 6,
        }
    }

    /// The chosen trait of each tier: 0 for none, 1..=3 from top to bottom.
    pub fn choices(self) -> [u8; 3] {
        [0, 2, 4].map(|shift| self.trait_byte >> shift & 0b11)
    }

    /// Bits 6 and 7 of the trait byte. The game writes 0.
    pub fn padding(self) -> u8 {
        self.trait_byte >> 6
    }
}

/// Skill palette ids of one bar; 0 is an empty place.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct SkillBar {
    /// The healing skill.
    pub heal: u16,
    /// The three utility skills.
    pub utilities: [u16; 3],
    /// The elite skill.
    pub elite: u16,
}

/// A value on land and its counterpart under water.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct LandAndWater<T> {
    /// On land.
    pub land: T,
    /// Under water.
    pub water: T,
}

/// A Revenant's two legends in one element.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Legends {
    /// Chat code byte of the legend in use, 0 for none.
    pub active: u8,
    /// Chat code byte of the legend to swap to, 0 for none.
    pub inactive: u8,
    /// Palette ids of the inactive legend's utilities, in the player's order.
    pub inactive_utilities: [u16; 3],
}

/// The 16 bytes that mean pets to a Ranger, legends to a Revenant and nothing to the others.
///
/// Kept as bytes and read through [`BuildTemplate`], so that a Guardian with pets cannot be written.
pub type MechanicBytes = [u8; 16];

/// A list whose length fits the one byte that counts it in a chat code.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CountedList<T>(Vec<T>);

impl<T> CountedList<T> {
    /// The longest list a count byte can announce.
    pub const MAX: usize = u8::MAX as usize;

    /// Takes the list, or gives it back when it has more than [`Self::MAX`] entries.
    pub fn new(items: Vec<T>) -> Result<Self, Vec<T>> {
        if items.len() > Self::MAX {
            return Err(items);
        }
        Ok(Self(items))
    }

    /// The first `count` of the entries, which is what a count byte announces.
    pub(super) fn take(count: u8, entries: impl Iterator<Item = T>) -> Self {
        Self(entries.take(usize::from(count)).collect())
    }

    /// The entries.
    pub fn as_slice(&self) -> &[T] {
        &self.0
    }

    /// The count byte.
    pub fn count(&self) -> u8 {
        // Cannot saturate: both ways in keep the bound.
        u8::try_from(self.0.len()).unwrap_or(u8::MAX)
    }
}

/// The end of a chat code that only newer game clients write.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WeaponSection {
    /// Weapon type ids. May be unknown to the tables.
    pub weapons: CountedList<u16>,
    /// Skill ids of the chosen weapon skill variants.
    pub skill_overrides: CountedList<u32>,
}

/// A build as the game's own template links carry it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuildTemplate {
    /// The profession.
    pub profession: &'static Profession,
    /// The three specialization slots, top to bottom.
    pub specializations: [SpecializationSlot; 3],
    /// The skill bars, as palette ids.
    pub skills: LandAndWater<SkillBar>,
    /// What is special to the profession; read it with `pets`, `legends`, `reserved`.
    pub mechanic: MechanicBytes,
    /// Weapons and skill overrides; `None` when the code ends before them, as old ones do.
    pub weapon_section: Option<WeaponSection>,
}

impl BuildTemplate {
    /// An empty template as a current game client would write it.
    pub fn empty(profession: &'static Profession) -> Self {
        Self {
            profession,
            specializations: Default::default(),
            skills: LandAndWater::default(),
            mechanic: [0; 16],
            weapon_section: Some(WeaponSection::default()),
        }
    }

    /// The Ranger's pets, two for each element, 0 for none. `None` for other professions.
    pub fn pets(&self) -> Option<LandAndWater<[u8; 2]>> {
        let [a, b, c, d, ..] = self.mechanic;
        (self.profession.code == RANGER).then_some(LandAndWater {
            land: [a, b],
            water: [c, d],
        })
    }

    /// The Revenant's legends. `None` for other professions.
    pub fn legends(&self) -> Option<LandAndWater<Legends>> {
        let bytes = &self.mechanic;
        let utilities = |from: usize| {
            [0, 2, 4].map(|i| u16::from_le_bytes([bytes[from + i], bytes[from + i + 1]]))
        };
        (self.profession.code == REVENANT).then(|| LandAndWater {
            land: Legends {
                active: bytes[0],
                inactive: bytes[1],
                inactive_utilities: utilities(4),
            },
            water: Legends {
                active: bytes[2],
                inactive: bytes[3],
                inactive_utilities: utilities(10),
            },
        })
    }

    /// The mechanic bytes that have no meaning for this profession. The game writes zeros.
    pub fn reserved(&self) -> &[u8] {
        &self.mechanic[reserved_from(self.profession)..]
    }

    /// The weapon type ids, empty when the code has no weapon section.
    pub fn weapons(&self) -> &[u16] {
        self.weapon_section
            .as_ref()
            .map_or(&[], |section| section.weapons.as_slice())
    }

    /// The skill ids of weapon skill variants, empty when the code has no weapon section.
    pub fn skill_overrides(&self) -> &[u32] {
        self.weapon_section
            .as_ref()
            .map_or(&[], |section| section.skill_overrides.as_slice())
    }

    /// What the game would never let a player put together; pointers are relative to the template.
    ///
    /// A specialization that the tables do not know is no contradiction: the game may be newer.
    pub fn contradictions(&self) -> Vec<TemplateError> {
        let mut found = Vec::new();
        for (i, slot) in self.specializations.iter().enumerate() {
            if slot.id == 0 {
                continue;
            }
            let mut report = |code, detail| {
                found.push(TemplateError {
                    pointer: format!("/specializations/{i}"),
                    code,
                    detail,
                });
            };
            if self.specializations[..i].iter().any(|s| s.id == slot.id) {
                report(
                    "duplicate_specialization",
                    format!(
                        "Specialization {} stands in two slots; give each slot its own.",
                        slot.id
                    ),
                );
            }
            let Some(known) = specialization_by_id(slot.id) else {
                continue;
            };
            if known.profession != self.profession.id {
                report(
                    "specialization_of_other_profession",
                    format!(
                        "{} belongs to the {}; this template is for the {}.",
                        known.name, known.profession, self.profession.id
                    ),
                );
            }
            if known.elite && i != 2 {
                report(
                    "elite_not_in_third_slot",
                    format!(
                        "{} is an elite specialization; only the third slot takes one.",
                        known.name
                    ),
                );
            }
        }
        found
    }
}

/// Where the bytes without meaning begin in this profession's mechanic bytes.
pub(super) fn reserved_from(profession: &Profession) -> usize {
    match profession.code {
        RANGER => 4,
        REVENANT => 16,
        _ => 0,
    }
}

#[cfg(test)]
mod tests;
