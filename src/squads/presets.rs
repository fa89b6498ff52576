//! The presets: how many players of each role make up a squad. The figures add up to the squad.
//! `game` defines the roles.

pub mod handlers;
pub mod operations;

/// How many players of each role a squad is made of.
#[derive(Debug, PartialEq, Eq)]
pub struct Preset {
    /// Stable id, `snake_case`.
    pub id: &'static str,
    pub name: &'static str,
    pub targets: &'static [(&'static str, u8)],
}

macro_rules! presets {
    ($($id:literal $name:literal $primary:literal $secondary:literal $melee:literal $ranged:literal $strip:literal $roamer:literal;)*) => {
        pub const ALL: &[Preset] = &[$(Preset {
            id: $id,
            name: $name,
            targets: &[
                ("primary_support", $primary),
                ("secondary_support", $secondary),
                ("melee_dps", $melee),
                ("ranged_dps", $ranged),
                ("strip", $strip),
                ("roamer", $roamer),
            ],
        },)*];
        pub const IDS: &[&str] = &[$($id,)*];
    };
}

presets! {
    "zerg_30"            "Zerg, 30"            6 6 10 4 4 0;
    "boon_ball_30"       "Boon ball, 30"       8 4 14 2 2 0;
    "minstrel_blob_50"   "Minstrel blob, 50"   12 12 16 5 5 0;
    "gvg_15"             "GvG, 15"             3 3 6 2 1 0;
}

/// How many players a squad is planned for: as many as its preset has, else as its mode usually has.
pub fn size_of(preset: Option<&str>, mode: &str) -> usize {
    match (preset.and_then(find), mode) {
        (Some(preset), _) => preset.players(),
        (None, "blob") => 50,
        (None, "gvg") => 15,
        (None, "havoc") => 10,
        (None, "roaming") => 5,
        (None, _) => 30,
    }
}

pub fn find(id: &str) -> Option<&'static Preset> {
    ALL.iter().find(|preset| preset.id == id)
}

impl Preset {
    pub fn players(&self) -> usize {
        self.targets
            .iter()
            .map(|(_, count)| usize::from(*count))
            .sum()
    }

    /// Its roles in subgroups of five, the rare ones spread first: a support in each.
    pub fn subgroups(&self) -> Vec<Vec<&'static str>> {
        let size = self.players().div_ceil(5);
        let mut subgroups = vec![Vec::with_capacity(5); size];
        let roles = self.targets.iter();
        let roles = roles.flat_map(|(role, count)| std::iter::repeat_n(*role, usize::from(*count)));
        for (place, role) in roles.enumerate() {
            subgroups[place % size].push(role);
        }
        subgroups
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::game::model::role_by_id;
    use crate::squads::compositions::model::MODES;

    #[test]
    fn the_preset_says_how_many_and_else_the_mode() {
        assert_eq!(size_of(Some("gvg_15"), "blob"), 15);
        let sizes = MODES.map(|mode| size_of(None, mode));
        assert_eq!(sizes, [30, 30, 50, 15, 10, 5, 30]);
    }

    #[test]
    fn presets_add_up_and_every_subgroup_has_a_primary_support() {
        for (preset, players) in ALL.iter().zip([30, 30, 50, 15]) {
            assert_eq!(preset.players(), players, "{}", preset.id);
            assert!(
                preset
                    .targets
                    .iter()
                    .all(|(role, _)| role_by_id(role).is_some())
            );
            for subgroup in preset.subgroups() {
                assert_eq!(subgroup.len(), 5);
                assert_eq!(subgroup[0], "primary_support", "{}", preset.id);
            }
        }
    }
}
