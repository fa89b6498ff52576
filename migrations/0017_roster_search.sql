-- Whoever looks for a name goes through a roster of ten thousand: along an index that has all that is asked for.
DROP INDEX team_players_team;
CREATE INDEX team_players_team ON team_players (team_id, id, search_name, name, user_id);
