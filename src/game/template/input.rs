//! Reads a template that a client sends as JSON. All mistakes are reported at once, each with its JSON
//! Pointer, up to [`MAX_ERRORS`]. `model` validates the template as a whole.

use serde_json::{Map, Value};

use super::reader::{Place, is_string_or_null};

use crate::game::model::{
    BuildTemplate, CountedList, LandAndWater, MechanicBytes, PROFESSIONS, Profession, RANGER,
    REVENANT, SkillBar, SpecializationSlot, TemplateError, WeaponSection, profession_by_id,
    reserved_from,
};

/// Mistakes reported for one template. More would only make a hostile answer longer.
pub const MAX_ERRORS: usize = 100;

/// The reader of a template in the form that [`super::TemplateView`] writes.
///
/// | member | value | when missing |
/// |---|---|---|
/// | `profession.id` | the API id of a profession | refused |
/// | `specializations` | exactly 3, `null` for an empty slot | three empty slots |
/// | `specializations[].id` | 0..=255 | refused |
/// | `specializations[].traits` | exactly 3 of 0..=3 | no choice |
/// | `skills.{land,water}.{heal,elite}`, `utilities` (exactly 3) | 0..=65535 | 0 |
/// | `pets.{land,water}` (Ranger only) | exactly 2 of 0..=255 | 0 |
/// | `legends.{land,water}.{active,inactive}` (Revenant only) | `{code: 0..=255}` or `null` | no legend |
/// | `legends.{land,water}.inactive_utilities` | exactly 3 of 0..=65535 | 0 |
/// | `weapons` | up to 255 of `{id: 0..=65535}` | empty |
/// | `skill_overrides` | up to 255 of 0..=4294967295 | empty |
/// | `raw.weapon_section` | `false` only without weapons and overrides | `true` |
/// | `raw.trait_padding` | exactly 3 of 0..=3 | 0 |
/// | `raw.reserved` | 32 hexadecimal digits, 24 for a Ranger, none for a Revenant | zeros |
///
/// `profession.code`, and `name`, `elite` and `id` where another member decides, may be sent back
/// as they came; their values are ignored. Anything else is an error.
#[derive(Debug, Default)]
pub struct TemplateInput {
    pub(super) errors: Vec<TemplateError>,
}

impl TemplateInput {
    /// Reads a template; `pointer_prefix` is the JSON Pointer to `value` in the whole body.
    pub fn from_json(
        value: &Value,
        pointer_prefix: &str,
    ) -> Result<BuildTemplate, Vec<TemplateError>> {
        let mut input = Self::default();
        match input.template(value, Place::root(pointer_prefix)) {
            Some(template) if input.errors.is_empty() => Ok(template),
            // `None` always comes with the error that led to it.
            _ => Err(input.errors),
        }
    }

    fn template(&mut self, value: &Value, at: Place) -> Option<BuildTemplate> {
        let members = self.object(
            value,
            at,
            &[
                "profession",
                "specializations",
                "skills",
                "pets",
                "legends",
                "weapons",
                "skill_overrides",
                "raw",
            ],
        )?;
        let profession = self.profession(members, at);
        let raw = match members.get("raw") {
            Some(raw) => {
                let allowed = ["weapon_section", "trait_padding", "reserved"];
                self.object(raw, at.member("raw"), &allowed)
            }
            None => None,
        };
        let specializations = self.specializations(members, raw, at);
        let skills = self.skills(members, at);
        let pets = self.pets(members, at);
        let legends = self.legends(members, at);
        let weapon_section = self.weapon_section(members, raw, at);

        let profession = profession?;
        for (member, owner) in [("pets", RANGER), ("legends", REVENANT)] {
            if members.contains_key(member) && profession.code != owner {
                self.error(
                    at.member(member),
                    "not_for_profession",
                    format!("A {} has no {member}; leave it out.", profession.id),
                );
            }
        }
        let mut mechanic = match profession.code {
            RANGER => pets,
            REVENANT => legends,
            _ => [0; 16],
        };
        if let Some(reserved) = raw.and_then(|raw| raw.get("reserved")) {
            let place = at.member("raw");
            let bytes = &mut mechanic[reserved_from(profession)..];
            self.hex(reserved, place.member("reserved"), bytes);
        }
        Some(BuildTemplate {
            profession,
            specializations,
            skills,
            mechanic,
            weapon_section,
        })
    }

    fn profession(
        &mut self,
        members: &Map<String, Value>,
        at: Place,
    ) -> Option<&'static Profession> {
        let at = at.member("profession");
        let value = self.required(members.get("profession"), at)?;
        let members = self.object(value, at, &["id", "code"])?;
        self.ignored(members, at, "code", "a number", Value::is_number);
        let at = at.member("id");
        let value = self.required(members.get("id"), at)?;
        let Some(id) = value.as_str() else {
            self.invalid_type(at, "a string");
            return None;
        };
        let found = profession_by_id(id);
        if found.is_none() {
            let ids: Vec<_> = PROFESSIONS.iter().map(|known| known.id).collect();
            let detail = format!("No profession has this id; use {}.", ids.join(", "));
            self.error(at, "unknown_profession", detail);
        }
        found
    }

    fn specializations(
        &mut self,
        members: &Map<String, Value>,
        raw: Option<&Map<String, Value>>,
        at: Place,
    ) -> [SpecializationSlot; 3] {
        let raw_place = at.member("raw");
        let padding = raw.and_then(|raw| raw.get("trait_padding"));
        let padding: [u8; 3] = self.integers(padding, raw_place.member("trait_padding"), 3);
        let at = at.member("specializations");
        let mut slots = [SpecializationSlot::default(); 3];
        let items = members.get("specializations");
        let items = items.and_then(|value| self.exactly::<3>(value, at));
        for (i, slot) in slots.iter_mut().enumerate() {
            let item = items.map_or(&Value::Null, |items| &items[i]);
            let (id, choices) = if item.is_null() {
                (0, [0; 3])
            } else {
                self.specialization(item, at.item(i))
            };
            *slot = SpecializationSlot::new(id, choices, padding[i]);
        }
        slots
    }

    fn specialization(&mut self, value: &Value, at: Place) -> (u8, [u8; 3]) {
        let Some(members) = self.object(value, at, &["id", "name", "elite", "traits"]) else {
            return (0, [0; 3]);
        };
        self.ignored(members, at, "name", "a string or null", is_string_or_null);
        self.ignored(members, at, "elite", "a boolean or null", |value| {
            value.is_boolean() || value.is_null()
        });
        let id = self.required(members.get("id"), at.member("id"));
        let id = self.integer(id, at.member("id"), u8::MAX);
        let choices = self.integers(members.get("traits"), at.member("traits"), 3);
        (id, choices)
    }

    fn skills(&mut self, members: &Map<String, Value>, at: Place) -> LandAndWater<SkillBar> {
        self.land_and_water(members, at, "skills", |input, value, at| {
            let Some(bar) = input.object(value, at, &["heal", "utilities", "elite"]) else {
                return SkillBar::default();
            };
            SkillBar {
                heal: input.integer(bar.get("heal"), at.member("heal"), u16::MAX),
                utilities: input.integers(bar.get("utilities"), at.member("utilities"), u16::MAX),
                elite: input.integer(bar.get("elite"), at.member("elite"), u16::MAX),
            }
        })
    }

    fn pets(&mut self, members: &Map<String, Value>, at: Place) -> MechanicBytes {
        let pets = self.land_and_water(members, at, "pets", |input, value, at| {
            input.integers::<u8, 2>(Some(value), at, u8::MAX)
        });
        let mut bytes = [0; 16];
        bytes[..2].copy_from_slice(&pets.land);
        bytes[2..4].copy_from_slice(&pets.water);
        bytes
    }

    fn legends(&mut self, members: &Map<String, Value>, at: Place) -> MechanicBytes {
        let legends = self.land_and_water(members, at, "legends", |input, value, at| {
            let allowed = ["active", "inactive", "inactive_utilities"];
            let Some(members) = input.object(value, at, &allowed) else {
                return ([0; 2], [0; 3]);
            };
            let codes =
                ["active", "inactive"].map(|name| input.legend(members.get(name), at.member(name)));
            let utilities = members.get("inactive_utilities");
            let utilities = input.integers(utilities, at.member("inactive_utilities"), u16::MAX);
            (codes, utilities)
        });
        let mut bytes = [0; 16];
        bytes[..2].copy_from_slice(&legends.land.0);
        bytes[2..4].copy_from_slice(&legends.water.0);
        let utilities = legends.land.1.into_iter().chain(legends.water.1);
        for (bytes, utility) in bytes[4..].chunks_exact_mut(2).zip(utilities) {
            bytes.copy_from_slice(&utility.to_le_bytes());
        }
        bytes
    }

    fn legend(&mut self, value: Option<&Value>, at: Place) -> u8 {
        let Some(value) = value.filter(|value| !value.is_null()) else {
            return 0;
        };
        let Some(members) = self.object(value, at, &["code", "id", "name"]) else {
            return 0;
        };
        self.ignored(members, at, "id", "a string or null", is_string_or_null);
        self.ignored(members, at, "name", "a string or null", is_string_or_null);
        let code = self.required(members.get("code"), at.member("code"));
        self.integer(code, at.member("code"), u8::MAX)
    }

    fn weapon_section(
        &mut self,
        members: &Map<String, Value>,
        raw: Option<&Map<String, Value>>,
        at: Place,
    ) -> Option<WeaponSection> {
        let weapons = self.counted(members, at, "weapons", |input, value, at| {
            let Some(weapon) = input.object(value, at, &["id", "name"]) else {
                return 0;
            };
            input.ignored(weapon, at, "name", "a string or null", is_string_or_null);
            let id = input.required(weapon.get("id"), at.member("id"));
            input.integer(id, at.member("id"), u16::MAX)
        });
        let skill_overrides = self.counted(members, at, "skill_overrides", |input, value, at| {
            input.integer(Some(value), at, u32::MAX)
        });
        let raw_place = at.member("raw");
        let place = raw_place.member("weapon_section");
        let present = match raw.and_then(|raw| raw.get("weapon_section")) {
            None => true,
            Some(Value::Bool(present)) => *present,
            Some(_) => {
                self.invalid_type(place, "a boolean");
                true
            }
        };
        let listed = !(weapons.as_slice().is_empty() && skill_overrides.as_slice().is_empty());
        if !present && listed {
            self.error(
                place,
                "weapon_section_missing",
                "Weapons and skill overrides need the weapon section; leave this member out."
                    .into(),
            );
        }
        present.then_some(WeaponSection {
            weapons,
            skill_overrides,
        })
    }

    fn land_and_water<T: Default>(
        &mut self,
        members: &Map<String, Value>,
        at: Place,
        name: &str,
        mut read: impl FnMut(&mut Self, &Value, Place) -> T,
    ) -> LandAndWater<T> {
        let at = at.member(name);
        let members = match members.get(name) {
            Some(value) => self.object(value, at, &["land", "water"]),
            None => None,
        };
        let mut element = |name| match members.and_then(|members| members.get(name)) {
            Some(value) => read(self, value, at.member(name)),
            None => T::default(),
        };
        LandAndWater {
            land: element("land"),
            water: element("water"),
        }
    }

    fn counted<T: Default>(
        &mut self,
        members: &Map<String, Value>,
        at: Place,
        name: &str,
        mut read: impl FnMut(&mut Self, &Value, Place) -> T,
    ) -> CountedList<T> {
        let at = at.member(name);
        let items = match members.get(name) {
            None => return CountedList::default(),
            Some(Value::Array(items)) => items,
            Some(_) => {
                self.invalid_type(at, "an array");
                return CountedList::default();
            }
        };
        if items.len() > CountedList::<T>::MAX {
            self.invalid_length(at, items.len(), "at most 255");
            return CountedList::default();
        }
        let read = |(i, item)| read(self, item, at.item(i));
        CountedList::new(items.iter().enumerate().map(read).collect()).unwrap_or_default()
    }
}
