//! WvW Builder: builds and squads for Guild Wars 2 World vs World, served at the edge.

pub mod game;
