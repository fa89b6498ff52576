//! The codec of build template links: `[&base64]` to bytes to [`BuildTemplate`], and back. What it
//! decodes it encodes to the same bytes; anything else is rejected. `model` validates a template,
//! `template` has its JSON form.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use thiserror::Error;

pub mod paste;

use super::model::{
    BuildTemplate, CountedList, LandAndWater, SkillBar, SpecializationSlot, WeaponSection,
    profession_by_code,
};

/// The first byte of every build template link.
pub const TYPE_BYTE: u8 = 0x0d;
/// Bytes of a template up to its weapon section; codes from before it existed end here.
pub const FIXED_LEN: usize = 44;
/// Bytes of the longest template: both counted lists full.
pub const MAX_LEN: usize =
    FIXED_LEN + 1 + 2 * CountedList::<u16>::MAX + 1 + 4 * CountedList::<u32>::MAX;
/// Length of the longest code as text, wrapper included.
pub const MAX_TEXT_LEN: usize = "[&]".len() + MAX_LEN.div_ceil(3) * 4;

const MECHANIC_AT: usize = 28;

/// Why something is not a build template that can be kept.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ChatCodeError {
    /// No text, or nothing between the brackets.
    #[error("The chat code is empty. Paste the whole link from the game, such as [&DQ...=].")]
    Empty,
    /// The text is not wrapped in `[&` and `]`.
    #[error(
        "There is no chat code in this text: one begins with \"[&\" and ends with \"]\". \
         Paste the whole link from the game."
    )]
    MissingWrapper,
    /// More than one link, and not the same one.
    #[error("There are {count} chat codes in this text. Send one at a time.")]
    SeveralCodes {
        /// How many different links there are.
        count: usize,
    },
    /// Longer than any template can be.
    #[error(
        "The chat code has {length} characters; no build template has more than {MAX_TEXT_LEN}. \
         Send one link at a time."
    )]
    TooLong {
        /// Length of the text in bytes.
        length: usize,
    },
    /// Not the base64 (RFC 4648, section 4) that an encoder writes.
    #[error(
        "The chat code is not valid base64 at character {offset} of the link: {reason}. \
         Copy the link from the game again, unchanged."
    )]
    InvalidBase64 {
        /// Offset into the whole text, wrapper included.
        offset: usize,
        /// What is wrong there.
        reason: &'static str,
    },
    /// A link of another kind.
    #[error(
        "This is {} (type 0x{type_byte:02x} at byte 0), not a build template (type 0x0d). \
         Copy the link from the build panel of the game.", link_kind(*.type_byte)
    )]
    NotABuildTemplate {
        /// The first byte of the link.
        type_byte: u8,
    },
    /// The bytes end too early.
    #[error(
        "The chat code ends at byte {length}, inside {part}; it needs at least {needed} bytes. \
         Copy the whole link from the game."
    )]
    Truncated {
        /// How many bytes there are.
        length: usize,
        /// How many bytes there must be.
        needed: usize,
        /// What is cut off.
        part: &'static str,
    },
    /// No profession has this code.
    #[error("There is no profession with code {code} (byte 1); codes go from 1 to 9.")]
    UnknownProfession {
        /// The byte found.
        code: u8,
    },
    /// A count announces more entries than there are bytes for.
    #[error(
        "The count of {part} at byte {offset} is {count}: that needs {needed} bytes in all, \
         but the code has {length}. Copy the whole link from the game."
    )]
    CountOverruns {
        /// Offset of the count byte.
        offset: usize,
        /// The count.
        count: u8,
        /// What it counts.
        part: &'static str,
        /// How many bytes there would have to be.
        needed: usize,
        /// How many bytes there are.
        length: usize,
    },
    /// Bytes after the end of the template.
    #[error(
        "The build template ends at byte {offset}, but {count} more bytes follow. \
         Remove what was added after it."
    )]
    TrailingBytes {
        /// Where the template ends.
        offset: usize,
        /// How many bytes follow.
        count: usize,
    },
}

impl ChatCodeError {
    /// The stable name of this refusal.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::MissingWrapper => "missing_wrapper",
            Self::SeveralCodes { .. } => "several_codes",
            Self::TooLong { .. } => "too_long",
            Self::InvalidBase64 { .. } => "invalid_base64",
            Self::NotABuildTemplate { .. } => "not_a_build_template",
            Self::Truncated { .. } => "truncated",
            Self::UnknownProfession { .. } => "unknown_profession",
            Self::CountOverruns { .. } => "count_overruns",
            Self::TrailingBytes { .. } => "trailing_bytes",
        }
    }
}

/// Decodes the text of a chat link, `[&` and `]` included.
pub fn decode(text: &str) -> Result<BuildTemplate, ChatCodeError> {
    if text.is_empty() {
        return Err(ChatCodeError::Empty);
    }
    if text.len() > MAX_TEXT_LEN {
        return Err(ChatCodeError::TooLong { length: text.len() });
    }
    let body = text
        .strip_prefix("[&")
        .and_then(|rest| rest.strip_suffix(']'))
        .ok_or(ChatCodeError::MissingWrapper)?;
    // `STANDARD` insists on canonical padding and on zero trailing bits: one text for each template.
    let mut buffer = [0; MAX_LEN.div_ceil(3) * 3];
    let length = STANDARD
        .decode_slice(body, &mut buffer)
        .map_err(|error| invalid_base64(&error, body.len()))?;
    decode_bytes(&buffer[..length])
}

/// Decodes the bytes inside a chat link.
pub fn decode_bytes(bytes: &[u8]) -> Result<BuildTemplate, ChatCodeError> {
    let (&type_byte, _) = bytes.split_first().ok_or(ChatCodeError::Empty)?;
    if type_byte != TYPE_BYTE {
        return Err(ChatCodeError::NotABuildTemplate { type_byte });
    }
    let Some((fixed, tail)) = bytes.split_first_chunk::<FIXED_LEN>() else {
        return Err(ChatCodeError::Truncated {
            length: bytes.len(),
            needed: FIXED_LEN,
            part: "the fixed part",
        });
    };
    let profession =
        profession_by_code(fixed[1]).ok_or(ChatCodeError::UnknownProfession { code: fixed[1] })?;
    let slot = |at: usize| SpecializationSlot {
        id: fixed[at],
        trait_byte: fixed[at + 1],
    };
    let mut mechanic = [0; 16];
    mechanic.copy_from_slice(&fixed[MECHANIC_AT..]);
    Ok(BuildTemplate {
        profession,
        specializations: [slot(2), slot(4), slot(6)],
        skills: LandAndWater {
            land: skill_bar(fixed, 8),
            water: skill_bar(fixed, 10),
        },
        mechanic,
        weapon_section: if tail.is_empty() {
            None
        } else {
            Some(weapon_section(tail)?)
        },
    })
}

/// Encodes a template as the text of a chat link.
pub fn encode(template: &BuildTemplate) -> String {
    let bytes = encode_bytes(template);
    let mut text = String::with_capacity("[&]".len() + bytes.len().div_ceil(3) * 4);
    text.push_str("[&");
    STANDARD.encode_string(&bytes, &mut text);
    text.push(']');
    text
}

/// Encodes a template as the bytes inside a chat link.
pub fn encode_bytes(template: &BuildTemplate) -> Vec<u8> {
    let tail = template.weapon_section.as_ref().map_or(0, |section| {
        2 + 2 * section.weapons.as_slice().len() + 4 * section.skill_overrides.as_slice().len()
    });
    let mut bytes = Vec::with_capacity(FIXED_LEN + tail);
    bytes.extend([TYPE_BYTE, template.profession.code]);
    for slot in &template.specializations {
        bytes.extend([slot.id, slot.trait_byte]);
    }
    let LandAndWater { land, water } = &template.skills;
    let interleaved = [
        (land.heal, water.heal),
        (land.utilities[0], water.utilities[0]),
        (land.utilities[1], water.utilities[1]),
        (land.utilities[2], water.utilities[2]),
        (land.elite, water.elite),
    ];
    for (land, water) in interleaved {
        bytes.extend(land.to_le_bytes());
        bytes.extend(water.to_le_bytes());
    }
    bytes.extend(template.mechanic);
    if let Some(section) = &template.weapon_section {
        bytes.push(section.weapons.count());
        let weapons = section.weapons.as_slice().iter();
        bytes.extend(weapons.flat_map(|id| id.to_le_bytes()));
        bytes.push(section.skill_overrides.count());
        let overrides = section.skill_overrides.as_slice().iter();
        bytes.extend(overrides.flat_map(|id| id.to_le_bytes()));
    }
    bytes
}

/// Land and water alternate, so one bar takes every second palette id.
fn skill_bar(fixed: &[u8; FIXED_LEN], at: usize) -> SkillBar {
    let palette = |place: usize| {
        let at = at + 4 * place;
        u16::from_le_bytes([fixed[at], fixed[at + 1]])
    };
    SkillBar {
        heal: palette(0),
        utilities: [palette(1), palette(2), palette(3)],
        elite: palette(4),
    }
}

fn weapon_section(tail: &[u8]) -> Result<WeaponSection, ChatCodeError> {
    let (weapons, rest) = counted(tail, tail, "weapons", u16::from_le_bytes)?;
    let (skill_overrides, rest) = counted(tail, rest, "skill overrides", u32::from_le_bytes)?;
    if !rest.is_empty() {
        return Err(ChatCodeError::TrailingBytes {
            offset: FIXED_LEN + tail.len() - rest.len(),
            count: rest.len(),
        });
    }
    Ok(WeaponSection {
        weapons,
        skill_overrides,
    })
}

/// Reads a count byte and that many entries of `SIZE` bytes from `rest`, the end of `tail`.
fn counted<'a, T, const SIZE: usize>(
    tail: &[u8],
    rest: &'a [u8],
    part: &'static str,
    read: fn([u8; SIZE]) -> T,
) -> Result<(CountedList<T>, &'a [u8]), ChatCodeError> {
    let length = FIXED_LEN + tail.len();
    let offset = length - rest.len();
    let Some((&count, rest)) = rest.split_first() else {
        return Err(ChatCodeError::Truncated {
            length,
            needed: length + 1,
            part: "the weapon section: the count of skill overrides is missing",
        });
    };
    // The bytes are measured before anything is allocated: a count alone cannot ask for memory.
    let Some((entries, rest)) = rest.split_at_checked(usize::from(count) * SIZE) else {
        return Err(ChatCodeError::CountOverruns {
            offset,
            count,
            part,
            needed: offset + 1 + usize::from(count) * SIZE,
            length,
        });
    };
    let (chunks, _) = entries.as_chunks::<SIZE>();
    let list = CountedList::take(count, chunks.iter().map(|chunk| read(*chunk)));
    Ok((list, rest))
}

fn invalid_base64(error: &base64::DecodeSliceError, length: usize) -> ChatCodeError {
    use base64::DecodeError as D;
    use base64::DecodeSliceError as Slice;
    let (at, reason) = match error {
        Slice::DecodeError(D::InvalidByte(at, b'=')) => {
            (*at, "padding stands where it does not belong")
        }
        Slice::DecodeError(D::InvalidByte(at, _)) => {
            (*at, "this character is not in the base64 alphabet")
        }
        Slice::DecodeError(D::InvalidLastSymbol(at, _)) => {
            (*at, "the last character has bits that no encoder sets")
        }
        Slice::DecodeError(D::InvalidPadding) => {
            (length, "the padding is missing or incomplete")
        }
        Slice::DecodeError(D::InvalidLength(_))
        // Not reached: the text's length is bounded and the buffer is made for that bound.
        | Slice::OutputSliceTooSmall => {
            (length, "the number of characters is not possible")
        }
    };
    ChatCodeError::InvalidBase64 {
        offset: "[&".len() + at,
        reason,
    }
}

/// The kinds of chat links that the game's clients write.
fn link_kind(type_byte: u8) -> &'static str {
    match type_byte {
        0x01 => "a coin link",
        0x02 => "an item link",
        0x03 => "a text link",
        0x04 => "a map link",
        0x05 => "a PvP game link",
        0x06 => "a skill link",
        0x07 => "a trait link",
        0x08 => "a player link",
        0x09 => "a recipe link",
        0x0a => "a wardrobe link",
        0x0b => "an outfit link",
        0x0c => "a WvW objective link",
        0x0e => "an achievement link",
        0x0f => "a fashion template link",
        _ => "an unknown kind of link",
    }
}

#[cfg(test)]
mod tests;
