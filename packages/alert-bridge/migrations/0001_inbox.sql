-- Tables of the alert bridge. Times are milliseconds since 1970. A released file never changes; add another one.

CREATE TABLE swarmwatch_bridge.notices (
  id text COLLATE "C" PRIMARY KEY, severity text NOT NULL, title text NOT NULL, notice text NOT NULL, received_at bigint NOT NULL,
  traceparent text, escalate_at bigint, stage text
);
CREATE INDEX escalations ON swarmwatch_bridge.notices (escalate_at) WHERE escalate_at IS NOT NULL;
CREATE INDEX notices_received ON swarmwatch_bridge.notices (received_at);

CREATE TABLE swarmwatch_bridge.deliveries (
  seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, id text COLLATE "C" NOT NULL UNIQUE, notice_id text COLLATE "C" NOT NULL,
  channel text COLLATE "C" NOT NULL, recipient text COLLATE "C" NOT NULL, rank smallint NOT NULL, kind text NOT NULL,
  incident_key text COLLATE "C" NOT NULL,
  state text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'delivered', 'dead', 'collapsed')),
  created_at bigint NOT NULL, due_at bigint NOT NULL, attempts integer NOT NULL DEFAULT 0, held text, reason text,
  may_have_arrived smallint NOT NULL DEFAULT 0, lease_owner text COLLATE "C", lease_until bigint, collapsed_into text COLLATE "C",
  finished_at bigint
) WITH (autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02);
CREATE INDEX pending_order ON swarmwatch_bridge.deliveries (channel, rank, seq) WHERE state = 'pending';
CREATE INDEX pending_due ON swarmwatch_bridge.deliveries (channel, due_at) WHERE state = 'pending';
CREATE INDEX pending_incident ON swarmwatch_bridge.deliveries (channel, recipient, incident_key, seq) WHERE state = 'pending';
CREATE INDEX pending_age ON swarmwatch_bridge.deliveries (created_at) WHERE state = 'pending' AND held IS NULL;
CREATE INDEX deliveries_of_notice ON swarmwatch_bridge.deliveries (notice_id);
CREATE INDEX collapsed_into ON swarmwatch_bridge.deliveries (collapsed_into) WHERE collapsed_into IS NOT NULL;
CREATE INDEX finished ON swarmwatch_bridge.deliveries (state, finished_at) WHERE state <> 'pending';

CREATE TABLE swarmwatch_bridge.seen (
  dedupe_key text COLLATE "C" PRIMARY KEY, notified_at bigint NOT NULL, interval_ms bigint, sender text NOT NULL,
  notice_id text COLLATE "C" NOT NULL
);
CREATE TABLE swarmwatch_bridge.incidents (
  group_key text COLLATE "C" PRIMARY KEY, incident_key text COLLATE "C" NOT NULL, status text NOT NULL, updated_at bigint NOT NULL
);
-- recipients that were notified of an incident
CREATE TABLE swarmwatch_bridge.notified (
  incident_key text COLLATE "C" NOT NULL, channel text COLLATE "C" NOT NULL, recipient text COLLATE "C" NOT NULL, thread text,
  updated_at bigint NOT NULL, PRIMARY KEY (incident_key, channel, recipient)
);
CREATE TABLE swarmwatch_bridge.quarantine (
  seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, id text COLLATE "C" NOT NULL UNIQUE, received_at bigint NOT NULL,
  reason text NOT NULL, size integer NOT NULL, body bytea NOT NULL
);
-- rate limits, circuit breakers, reports of the bridge about itself, heartbeats of peers: one JSON document for each key
CREATE TABLE swarmwatch_bridge.states (
  kind text COLLATE "C" NOT NULL, key text COLLATE "C" NOT NULL, state text NOT NULL, PRIMARY KEY (kind, key)
);
-- bridges that use these tables; a bridge that has not renewed its row in time is gone
CREATE TABLE swarmwatch_bridge.owners (
  id text COLLATE "C" PRIMARY KEY, alive_until bigint NOT NULL, channels text[] NOT NULL DEFAULT '{}'
);
CREATE TABLE swarmwatch_bridge.probe (id smallint PRIMARY KEY CHECK (id = 1), at bigint NOT NULL);
