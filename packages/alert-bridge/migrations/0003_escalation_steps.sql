-- Deliveries of escalation steps that an acknowledgment or the end of the incident cancels.

CREATE INDEX pending_steps ON swarmwatch_bridge.deliveries (incident_key) WHERE state = 'pending' AND kind = 'escalation';
