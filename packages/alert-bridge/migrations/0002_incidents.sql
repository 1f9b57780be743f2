-- Incidents that people and escalation steps change, and their history. Times are milliseconds since 1970.

CREATE TABLE swarmwatch_bridge.incident_records (
  incident_key text COLLATE "C" PRIMARY KEY, group_key text COLLATE "C" NOT NULL,
  state text NOT NULL CHECK (state IN ('open', 'acknowledged', 'silenced', 'resolved')),
  severity text NOT NULL, title text NOT NULL, agent text, notice_id text COLLATE "C" NOT NULL,
  opened_at bigint NOT NULL, updated_at bigint NOT NULL, acknowledged_at bigint, acknowledged_by text, silenced_until bigint,
  resolved_at bigint, resolved_by text,
  escalation_step integer NOT NULL DEFAULT 0, escalation_round integer NOT NULL DEFAULT 0, escalation_due_at bigint
) WITH (autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02);
CREATE INDEX unresolved_incidents ON swarmwatch_bridge.incident_records (opened_at) WHERE state <> 'resolved';
CREATE INDEX escalation_steps ON swarmwatch_bridge.incident_records (escalation_due_at) WHERE escalation_due_at IS NOT NULL;

CREATE TABLE swarmwatch_bridge.incident_history (
  id text COLLATE "C" PRIMARY KEY, incident_key text COLLATE "C" NOT NULL, at bigint NOT NULL, who text NOT NULL,
  action text NOT NULL, detail text
);
CREATE INDEX history_of_incident ON swarmwatch_bridge.incident_history (incident_key, id);
