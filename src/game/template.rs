//! The JSON form of a build template: what decoding returns and what encoding accepts. The output, sent
//! back as input, is the same template byte for byte. `chat_code` has the bytes, `model` validates.

use kit::hex;
use serde::{Serialize, Serializer};

use super::model::{
    BuildTemplate, LandAndWater, Legends, SkillBar, SpecializationSlot, legend_by_code,
    specialization_by_id, weapon_by_id,
};

mod input;
mod reader;

pub use input::{MAX_ERRORS, TemplateInput};

/// A template as JSON, with the names of all ids that are known.
///
/// Members that do not apply are left out: `pets` is the Ranger's, `legends` the Revenant's, and
/// `raw` appears only when a code holds something that the other members cannot say.
#[derive(Debug, Serialize)]
pub struct TemplateView<'a> {
    profession: ProfessionView,
    specializations: [Option<SpecializationView>; 3],
    skills: &'a LandAndWater<SkillBar>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pets: Option<LandAndWater<[u8; 2]>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    legends: Option<LandAndWater<LegendsView>>,
    #[serde(serialize_with = "named_weapons")]
    weapons: &'a [u16],
    skill_overrides: &'a [u32],
    #[serde(skip_serializing_if = "RawView::is_usual")]
    raw: RawView,
}

#[derive(Debug, Serialize)]
struct ProfessionView {
    id: &'static str,
    code: u8,
}

#[derive(Debug, Serialize)]
struct SpecializationView {
    id: u8,
    name: Option<&'static str>,
    elite: Option<bool>,
    traits: [u8; 3],
}

#[derive(Debug, Serialize)]
struct LegendsView {
    active: Option<LegendView>,
    inactive: Option<LegendView>,
    inactive_utilities: [u16; 3],
}

#[derive(Debug, Serialize)]
struct LegendView {
    code: u8,
    id: Option<&'static str>,
    name: Option<&'static str>,
}

#[derive(Serialize)]
struct WeaponView {
    id: u16,
    name: Option<&'static str>,
}

/// What the game's current client would not write, kept so that nothing is lost.
#[derive(Debug, Serialize)]
struct RawView {
    /// `false`: the code ends before its weapon section, as codes of older clients do.
    #[serde(skip_serializing_if = "Option::is_none")]
    weapon_section: Option<bool>,
    /// Bits 6 and 7 of the three trait bytes, when one is not 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    trait_padding: Option<[u8; 3]>,
    /// The profession's meaningless bytes in hexadecimal, when one is not 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    reserved: Option<String>,
}

impl BuildTemplate {
    /// The template as JSON with names; see [`TemplateView`].
    pub fn view(&self) -> TemplateView<'_> {
        TemplateView {
            profession: ProfessionView {
                id: self.profession.id,
                code: self.profession.code,
            },
            specializations: self.specializations.map(SpecializationView::of),
            skills: &self.skills,
            pets: self.pets(),
            legends: self.legends().map(|legends| LandAndWater {
                land: LegendsView::of(legends.land),
                water: LegendsView::of(legends.water),
            }),
            weapons: self.weapons(),
            skill_overrides: self.skill_overrides(),
            raw: RawView::of(self),
        }
    }
}

impl SpecializationView {
    /// `None` for an empty slot, unless it holds trait choices, which must not get lost.
    fn of(slot: SpecializationSlot) -> Option<Self> {
        let traits = slot.choices();
        if slot.id == 0 && traits == [0; 3] {
            return None;
        }
        let known = specialization_by_id(slot.id);
        Some(Self {
            id: slot.id,
            name: known.map(|specialization| specialization.name),
            elite: known.map(|specialization| specialization.elite),
            traits,
        })
    }
}

impl LegendsView {
    fn of(legends: Legends) -> Self {
        Self {
            active: LegendView::of(legends.active),
            inactive: LegendView::of(legends.inactive),
            inactive_utilities: legends.inactive_utilities,
        }
    }
}

impl LegendView {
    fn of(code: u8) -> Option<Self> {
        let known = legend_by_code(code);
        (code != 0).then(|| Self {
            code,
            id: known.map(|legend| legend.id),
            name: known.map(|legend| legend.name),
        })
    }
}

impl RawView {
    fn of(template: &BuildTemplate) -> Self {
        let padding = template.specializations.map(SpecializationSlot::padding);
        let reserved = template.reserved();
        Self {
            weapon_section: template.weapon_section.is_none().then_some(false),
            trait_padding: (padding != [0; 3]).then_some(padding),
            reserved: reserved
                .iter()
                .any(|&byte| byte != 0)
                .then(|| hex::encode(reserved)),
        }
    }

    fn is_usual(&self) -> bool {
        self.weapon_section.is_none() && self.trait_padding.is_none() && self.reserved.is_none()
    }
}

fn named_weapons<S: Serializer>(ids: &[u16], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(ids.iter().map(|&id| WeaponView {
        id,
        name: weapon_by_id(id).map(|weapon| weapon.name),
    }))
}

#[cfg(test)]
mod tests;
