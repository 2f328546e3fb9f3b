# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""At least one row for every table, with the odd values that upgrades trip over."""

from typing import Final

import asyncpg

_ORGANIZATION: Final = "'00000000-0000-7000-8000-000000000001'"
_OTHER: Final = "'0192f000-0000-7000-8000-0000000000aa'"
_USER: Final = "'0192f000-0000-7000-8000-000000000001'"
_TRANSACTION: Final = "'0192f000-0000-7000-8000-000000000002'"
# Alembic's and the first migration's own rows.
MADE_BY_MIGRATIONS: Final = ("alembic_version", "organizations", "installation")

ROWS: Final = f"""
INSERT INTO organizations (id, organization_id, name, time_zone) VALUES ({_OTHER}, {_OTHER}, 'Zweite', 'Europe/Berlin');
INSERT INTO users (id, organization_id, username, password_hash, role)
  VALUES ({_USER}, {_ORGANIZATION}, 'admin', '$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHQ$aGFzaA', 'admin');
INSERT INTO refresh_tokens (id, organization_id, user_id, family_id, token_hash, expires_at)
  VALUES (gen_random_uuid(), {_ORGANIZATION}, {_USER}, gen_random_uuid(), '\\x00ff', now() + interval '1 day');
INSERT INTO settings (organization_id, key, value) VALUES ({_ORGANIZATION}, 'retention', '{{"ocpp_log_days": 3}}');
INSERT INTO chargers (id, organization_id, name, vendor, model, serial_number, firmware_version, details, status,
    security_profile, secret_hash, validation, boot_status, boot_at, clock_offset_ms, last_heartbeat)
  VALUES ('CP/Ä 1', {_ORGANIZATION}, E'Säule "1"\\n', 'Vendor', 'Model', 'S1', '1.0', '{{"meterType": "x"}}', 'available',
    1, '\\xdeadbeef', 'strict', 'accepted', now(), -123, now());
INSERT INTO chargers (id, organization_id, retired_at) VALUES ('gone', {_OTHER}, now());
INSERT INTO charger_hardware (id, organization_id, charger_id, serial_number, seen_at)
  VALUES (gen_random_uuid(), {_ORGANIZATION}, 'CP/Ä 1', 'S0', now());
INSERT INTO charger_connections (charger_id, organization_id, node_id, epoch, online, protocol, connected_at)
  VALUES ('CP/Ä 1', {_ORGANIZATION}, 'node', 41, true, 'ocpp1.6', now());
INSERT INTO charger_heartbeats (charger_id, organization_id, at) VALUES ('CP/Ä 1', {_ORGANIZATION}, now());
INSERT INTO past_connections (id, organization_id, charger_id, epoch, protocol, connected_at, ended_at, close_code,
    close_reason, closed_by)
  VALUES (gen_random_uuid(), {_ORGANIZATION}, 'CP/Ä 1', 40, 'ocpp1.6', now() - interval '1 day', now(), 1006, '',
    'network');
INSERT INTO charger_boots (id, organization_id, charger_id, at, reason, status)
  VALUES (gen_random_uuid(), {_ORGANIZATION}, 'CP/Ä 1', now(), 'PowerUp', 'accepted');
INSERT INTO charger_refusals (charger_id, reason, organization_id, detail, address, count, first_at, last_at)
  VALUES ('CP/Ä 1', 'wrong_secret', {_ORGANIZATION}, 'a wrong secret was used', '192.0.2.1', 2147483648, now(), now());
INSERT INTO gateway_nodes (id, organization_id, started_at, lease_until)
  VALUES ('node', {_ORGANIZATION}, now(), now() + interval '10 s');
INSERT INTO pending_chargers (id, organization_id, secret_hash, first_seen_at, last_seen_at)
  VALUES ('waiting', {_ORGANIZATION}, '\\x01', now(), now());
INSERT INTO connectors (organization_id, charger_id, evse_id, connector_id, status, state, last_status_update)
  VALUES ({_ORGANIZATION}, 'CP/Ä 1', 1, 1, 'Charging', 'occupied', now());
INSERT INTO conformance_findings
    (organization_id, charger_id, action, code, path, detail, count, first_seen_at, last_seen_at)
  VALUES ({_ORGANIZATION}, 'CP/Ä 1', 'MeterValues', 'unknown_field', '/x', 'x', 2147483648, now(), now());
INSERT INTO configurations (organization_id, charger_id, key, value)
  VALUES ({_ORGANIZATION}, 'CP/Ä 1', 'HeartbeatInterval', '300');
INSERT INTO drivers (id, organization_id, name, email, external_id, status)
  VALUES ('0192f000-0000-7000-8000-0000000000e1', {_ORGANIZATION}, 'Änne', 'aenne@example.org', 'K-1', 'blocked');
INSERT INTO tokens (id, organization_id, value, normalized, "group", status, driver_id)
  VALUES (gen_random_uuid(), {_ORGANIZATION}, 'AbC1', 'abc1', 'Flotte', 'blocked', '0192f000-0000-7000-8000-0000000000e1');
INSERT INTO transactions (id, organization_id, charger_id, charger_name, evse_id, connector_id, transaction_id, id_tag,
    "authorization", meter_start, energy_wh, start_timestamp, start_received_at, status, flags)
  VALUES ({_TRANSACTION}, {_ORGANIZATION}, 'CP/Ä 1', 'Säule', 1, 1, 2147483647, 'AbC1', 'accepted', 0.001,
    123456789012345.678, '2026-03-29 01:30+00', now(), 'active', '{{offline}}');
INSERT INTO transactions (id, organization_id, charger_id, evse_id, connector_id, transaction_id, charger_ref,
    "authorization", status, phase, token_type, remote_start_id, seq_seen)
  VALUES ('0192f000-0000-7000-8000-000000000003', {_ORGANIZATION}, 'CP/Ä 1', 2, 1, 2147483646, 'Tx/Ä', 'none', 'active',
    'charging', 'iso14443', 7, '{{[0,3),[5,6)}}');
INSERT INTO transaction_events
    (transaction, seq_no, organization_id, stage, trigger, offline, details, received_at)
  VALUES ('0192f000-0000-7000-8000-000000000003', 0, {_ORGANIZATION}, 'started', 'Authorized', true, '{{}}', now());
INSERT INTO charger_reports
    (id, organization_id, charger_id, kind, request_id, status, parts, started_at, updated_at)
  VALUES ('0192f000-0000-7000-8000-000000000004', {_ORGANIZATION}, 'CP/Ä 1', 'device_model', 1, 'collecting', 1, now(),
    now());
INSERT INTO charger_report_parts (report, seq_no, organization_id, items, received_at)
  VALUES ('0192f000-0000-7000-8000-000000000004', 0, {_ORGANIZATION}, '[]', now());
INSERT INTO device_events
    (id, organization_id, charger_id, event_id, key, value, trigger, notification, received_at)
  VALUES (gen_random_uuid(), {_ORGANIZATION}, 'CP/Ä 1', 1, 'EVSE@1.Power', '7', 'alerting', 'custom_monitor', now());
INSERT INTO reservations (id, organization_id, charger_id, reservation_id, evse_id, id_tag, status, expires_at)
  VALUES (gen_random_uuid(), {_ORGANIZATION}, 'CP/Ä 1', 1, 1, 'Täg', 'active', now());
INSERT INTO charger_certificates (id, organization_id, charger_id, kind, status, csr, serial)
  VALUES (gen_random_uuid(), {_ORGANIZATION}, 'CP/Ä 1', 'charging_station', 'revoked', 'x', 'ab');
INSERT INTO configuration_history (id, organization_id, charger_id, key, old_value, new_value, actor_name, at)
  VALUES (gen_random_uuid(), {_ORGANIZATION}, 'CP/Ä 1', 'Ä', '1', NULL, 'admin', now());
INSERT INTO local_lists (charger_id, organization_id, version, entries)
  VALUES ('CP/Ä 1', {_ORGANIZATION}, 3, '[{{"token": "Täg", "status": "accepted"}}]');
INSERT INTO charging_profiles (id, organization_id, name, profile)
  VALUES ('0192f000-0000-7000-8000-000000000005', {_ORGANIZATION}, 'Nächte', '{{"stack_level": 0}}');
INSERT INTO installed_charging_profiles (id, organization_id, charger_id, evse_id, profile_id, purpose, stack_level,
    profile, charging_profile, installed_at)
  VALUES (gen_random_uuid(), {_ORGANIZATION}, 'CP/Ä 1', 1, 7, 'tx_default_profile', 0, '{{}}',
    '0192f000-0000-7000-8000-000000000005', now());
INSERT INTO charging_profile_assignments (command, organization_id, charging_profile)
  VALUES (gen_random_uuid(), {_ORGANIZATION}, '0192f000-0000-7000-8000-000000000005');
INSERT INTO charger_notices (id, organization_id, charger_id, kind, data, received_at)
  VALUES (gen_random_uuid(), {_ORGANIZATION}, 'CP/Ä 1', 'der_alarm', '{{"x": [1]}}', now());
INSERT INTO meter_values
    (organization_id, charger_id, evse_id, connector_id, transaction, received_at, context, codes, values, raw)
  SELECT {_ORGANIZATION}, 'CP/Ä 1', 1, 1, {_TRANSACTION}, now(), 0, '{{1}}', ARRAY[n / 3.0], ARRAY['00' || n]
  FROM generate_series(1, 500) AS n;
INSERT INTO status_history (organization_id, charger_id, evse_id, connector_id, status, received_at)
  VALUES ({_ORGANIZATION}, 'CP/Ä 1', 1, 1, 'Charging', now());
INSERT INTO ocpp_messages (organization_id, charger_id, received_at, at, epoch, direction, message_id, action, protocol,
    request, response, outcome)
  SELECT {_ORGANIZATION}, 'CP/Ä 1', now(), now(), 41, 'in', n::text, 'Heartbeat', 'ocpp1.6', '{{}}', '{{}}', 'result'
  FROM generate_series(1, 500) AS n;
INSERT INTO api_requests (id, organization_id, at, method, path, route, status, actor_kind, actor_id, actor_name, address,
    request_id, trace_id, took_ms, sent_bytes)
  VALUES (gen_random_uuid(), {_ORGANIZATION}, now(), 'POST', '/api/v1/tokens', '/api/v1/tokens', 201, 'user', 'x', 'admin',
    '192.0.2.1', 'r', 't', 3, 100);
INSERT INTO commands (id, organization_id, charger_id, type, body, status, actor_name, expires_at, transaction_id)
  VALUES (gen_random_uuid(), {_ORGANIZATION}, 'CP/Ä 1', 'reset', '{{"type": "reset"}}', 'accepted', 'admin', now(),
    {_TRANSACTION});
INSERT INTO security_events (id, organization_id, charger_id, kind, detail, at)
  VALUES (gen_random_uuid(), {_ORGANIZATION}, 'CP/Ä 1', 'refused', 'x', now());
INSERT INTO audit_log (id, organization_id, at, actor_kind, actor_name, action, subject_kind, subject_id, before, after)
  VALUES (gen_random_uuid(), {_ORGANIZATION}, now(), 'user', 'admin', 'charger:configuration:change', 'charger', 'CP/Ä 1',
    NULL, '{{"a": null}}');
INSERT INTO outbox (organization_id, type, key, payload, occurred_at)
  VALUES ({_ORGANIZATION}, 'CommandIssued', 'CP/Ä 1', '{{}}', now());
INSERT INTO outbox_consumers (name, low, high, position, cluster) VALUES ('commands', 1, 1, 0, '7');
INSERT INTO processes (id, role, host, pid, version, started_at, seen_at, figures)
  VALUES ('node', 'all', 'host', 1, '0.3.0', now(), now(), '{{}}');
INSERT INTO outbox_parked (organization_id, consumer, outbox_id, type, key, payload, occurred_at, attempts, error)
  VALUES ({_ORGANIZATION}, 'commands', 1, 'CommandIssued', 'CP/Ä 1', '{{}}', now(), 3, 'x');
INSERT INTO jobs (id, organization_id, kind, queue_id, status, result)
  VALUES (gen_random_uuid(), {_ORGANIZATION}, 'partitions', 1, 'succeeded', '{{"made": 3}}');
INSERT INTO pgqueuer (priority, status, entrypoint, payload) VALUES (0, 'queued', 'partitions', '\\x7b7d');
INSERT INTO pgqueuer_log (job_id, status, priority, entrypoint) VALUES (1, 'successful', 0, 'partitions');
INSERT INTO pgqueuer_schedules (expression, entrypoint) VALUES ('7 * * * *', 'partitions');
INSERT INTO pgqueuer_statistics (count, priority, status, entrypoint) VALUES (1, 0, 'successful', 'partitions');
INSERT INTO firmware_images (id, organization_id, name, size_bytes, sha256, md5)
  VALUES (gen_random_uuid(), {_ORGANIZATION}, 'fw.bin', 5000000000, repeat('a', 64), repeat('b', 32));
INSERT INTO charger_files (id, organization_id, charger_id, kind, command, name, size_bytes, sha256)
  VALUES (gen_random_uuid(), {_ORGANIZATION}, 'CP/Ä 1', 'security', gen_random_uuid(), 'ä.log', 1, repeat('a', 64));
INSERT INTO file_links (id, organization_id, charger_id, command, kind, expires_at)
  VALUES (gen_random_uuid(), {_ORGANIZATION}, 'CP/Ä 1', gen_random_uuid(), 'diagnostics', now());
INSERT INTO charger_progress (id, organization_id, charger_id, kind, status, request_id, at)
  VALUES (gen_random_uuid(), {_ORGANIZATION}, 'CP/Ä 1', 'firmware', 'Installed', 2147483647, now());
INSERT INTO bulk_commands (id, organization_id, filter, body, queue_s, at_once, total, actor_name)
  VALUES ('0192f000-0000-7000-8000-0000000000b1', {_ORGANIZATION}, '{{"vendor": "ACME"}}', '{{"type": "reset"}}', 0, 20,
    1, 'admin');
INSERT INTO bulk_targets (bulk, charger_id, organization_id)
  VALUES ('0192f000-0000-7000-8000-0000000000b1', 'CP/Ä 1', {_ORGANIZATION});
INSERT INTO bulk_changes (id, organization_id, kind, filter, change, total, job, actor_kind, actor_name)
  VALUES ('0192f000-0000-7000-8000-0000000000b4', {_ORGANIZATION}, 'chargers', '{{"vendor": "ACME"}}', '{{"name": "Ä"}}',
    1, gen_random_uuid(), 'user', 'admin'),
    ('0192f000-0000-7000-8000-0000000000b5', {_ORGANIZATION}, 'tokens', NULL, '{{"status": "blocked"}}', 1,
    gen_random_uuid(), 'api_key', 'script');
INSERT INTO bulk_change_targets (bulk, number, organization_id, charger_id, reason)
  VALUES ('0192f000-0000-7000-8000-0000000000b4', 1, {_ORGANIZATION}, 'CP/Ä 1', 'retired');
INSERT INTO bulk_change_targets (bulk, number, organization_id, token_id)
  SELECT '0192f000-0000-7000-8000-0000000000b5', 1, {_ORGANIZATION}, id FROM tokens LIMIT 1;
INSERT INTO firmware_campaigns (id, organization_id, name, location, version, filter, waves, sizes, at_once, retries,
    retry_after_s, wait_s, timeout_s, wait_for_transactions, status, wave, total, actor_kind, actor_name)
  VALUES ('0192f000-0000-7000-8000-0000000000b6', {_ORGANIZATION}, 'Frühling', 'https://example.org/fw.bin', '2.0',
    '{{"vendor": "Vendor"}}', '[{{"percent": 5, "then": "manual"}}]', '[1]', 20, 1, 900, 604800, 7200, true, 'paused', 1, 1,
    'user', 'admin');
INSERT INTO firmware_campaign_targets (campaign, charger_id, organization_id, wave, status, reason, from_version, time_zone)
  VALUES ('0192f000-0000-7000-8000-0000000000b6', 'CP/Ä 1', {_ORGANIZATION}, 1, 'failed', 'DownloadFailed', '1.0',
    'Europe/Berlin');
INSERT INTO configuration_templates (id, organization_id, name, "values")
  VALUES ('0192f000-0000-7000-8000-0000000000b2', {_ORGANIZATION}, 'Ä', '{{"HeartbeatInterval": "300"}}');
INSERT INTO configuration_assignments (charger_id, organization_id, template, assigned_at)
  VALUES ('CP/Ä 1', {_ORGANIZATION}, '0192f000-0000-7000-8000-0000000000b2', now());
INSERT INTO charging_days (organization_id, charger_id, day, id_tag, first, energy_wh, in_use_s, started)
  VALUES ({_ORGANIZATION}, 'CP/Ä 1', '2026-03-29', 'AbC1', 7, '{{250,2147483647}}', '{{900,1800}}', '{{1}}');
INSERT INTO availability_days (organization_id, charger_id, day, time_s, watched_s, online_s)
  VALUES ({_ORGANIZATION}, 'CP/Ä 1', '2026-03-29', '{{86400}}', '{{86400}}', '{{86400}}');
INSERT INTO fleet_days (organization_id, day, energy_wh, in_use_s, started, ended, time_s, watched_s, online_s,
    out_of_order_s)
  SELECT {_ORGANIZATION}, '2026-03-29', n, n, n, n, n, n, n, n
  FROM (SELECT array_agg(3000000000 + each) AS n FROM generate_series(1, 96) AS each) AS sums;
INSERT INTO rollup_marks (organization_id, charger_id, first_day, last_day, charging, availability)
  VALUES ({_ORGANIZATION}, 'CP/Ä 1', '2026-03-29', '2026-03-30', true, false);
INSERT INTO rollup_running (transaction, organization_id, read_until, measured_at, energy_wh, told_at)
  VALUES ({_TRANSACTION}, {_ORGANIZATION}, now(), '{{2026-03-29 01:30+01}}', '{{1000.125}}', '{{2026-03-29 01:30+01}}');
INSERT INTO rollup_states (organization_id, read_until, swept_until, backfilled_to)
  VALUES ({_ORGANIZATION}, now(), now(), 'CP/Ä 1');
INSERT INTO sites (id, organization_id, name) VALUES ('0192f000-0000-7000-8000-0000000000c1', {_ORGANIZATION}, 'Nord');
INSERT INTO sites (id, organization_id, parent_id, name, latitude, opening_hours)
  VALUES ('0192f000-0000-7000-8000-0000000000c2', {_ORGANIZATION}, '0192f000-0000-7000-8000-0000000000c1', 'Köln',
    50.937531, '[]');
INSERT INTO charger_groups (id, organization_id, name)
  VALUES ('0192f000-0000-7000-8000-0000000000c3', {_ORGANIZATION}, 'schnell');
INSERT INTO charger_group_members (group_id, charger_id, organization_id)
  VALUES ('0192f000-0000-7000-8000-0000000000c3', 'CP/Ä 1', {_ORGANIZATION});
UPDATE chargers SET site_id = '0192f000-0000-7000-8000-0000000000c2' WHERE id = 'CP/Ä 1';
INSERT INTO roles (id, organization_id, key, name, permissions)
  VALUES (gen_random_uuid(), {_ORGANIZATION}, 'night', 'Nachtschicht', '{{charger:charger:read}}');
INSERT INTO role_assignments (id, organization_id, user_id, role, site_id)
  VALUES (gen_random_uuid(), {_ORGANIZATION}, {_USER}, 'night', '0192f000-0000-7000-8000-0000000000c2');
INSERT INTO api_keys (id, organization_id, name, prefix, secret_hash, permissions, created_by)
  VALUES (gen_random_uuid(), {_ORGANIZATION}, 'script', 'abcdefghij', '\\x01', '{{charger:charger:read}}', 'admin');
INSERT INTO account_links (id, organization_id, user_id, purpose, token_hash, expires_at)
  VALUES (gen_random_uuid(), {_ORGANIZATION}, {_USER}, 'invitation', '\\x02', now());
INSERT INTO account_letters (id, organization_id, user_id, purpose, recipient, token_hash, expires_at, status, attempts)
  VALUES (gen_random_uuid(), {_ORGANIZATION}, {_USER}, 'invitation', 'änne@example.org', '\\x04', now(), 'failed', 3);
INSERT INTO account_letters (id, organization_id, user_id, purpose, recipient, token_hash, expires_at)
  VALUES (gen_random_uuid(), {_ORGANIZATION}, {_USER}, 'change', 'neu@example.org', '\\x05', now());
INSERT INTO idempotency_keys (organization_id, actor_id, key, fingerprint, created_at)
  VALUES ({_ORGANIZATION}, 'admin', 'once', '\\x03', now());
INSERT INTO browser_sessions (id, organization_id, user_id, secret_hash, user_agent, last_seen_at, expires_at, ends_at)
  VALUES (gen_random_uuid(), {_ORGANIZATION}, {_USER}, '\\x01', 'Brö', now(), now() + interval '1 day', now());
INSERT INTO totp_seeds (user_id, organization_id, seed, confirmed_at, last_step)
  VALUES ({_USER}, {_ORGANIZATION}, '\\x01', now(), 59000000);
INSERT INTO passkeys (id, organization_id, user_id, credential_id, public_key, sign_count, name, transports, backed_up)
  VALUES (gen_random_uuid(), {_ORGANIZATION}, {_USER}, '\\x01', '\\x02', 4294967295, 'Schlüssel', '{{usb}}', false);
INSERT INTO recovery_codes (id, organization_id, user_id, code_hash)
  VALUES (gen_random_uuid(), {_ORGANIZATION}, {_USER}, '\\x01');
INSERT INTO challenges (id, organization_id, kind, secret_hash, data, expires_at)
  VALUES (gen_random_uuid(), {_ORGANIZATION}, 'passkey_sign_in', '\\x01', '{{}}', now());
INSERT INTO password_history (id, organization_id, user_id, password_hash)
  VALUES (gen_random_uuid(), {_ORGANIZATION}, {_USER}, '$argon2id$x');
INSERT INTO identity_providers (id, organization_id, label, issuer, client_id, domains, role_map, auto_create, enabled)
  VALUES ('0192f000-0000-7000-8000-0000000000d1', {_ORGANIZATION}, 'Über', 'https://idp.example', 'csms', '{{a.example}}',
    '{{"admins": "admin"}}', true, true);
INSERT INTO linked_identities (id, organization_id, user_id, provider_id, issuer, subject)
  VALUES (gen_random_uuid(), {_ORGANIZATION}, {_USER}, '0192f000-0000-7000-8000-0000000000d1', 'https://idp.example', 'ä');
INSERT INTO alert_rules (id, organization_id, name, kind, condition, scope, severity, quiet_hours, channels, clear_after_s,
    group_over, group_within_s)
  VALUES ('0192f000-0000-7000-8000-0000000000d1', {_ORGANIZATION}, 'Ä', 'offline', '{{"kind": "offline", "after_s": 300}}',
    '{{"chargers": ["CP/Ä 1"]}}', 'critical', '{{"time_zone": "Europe/Berlin", "windows": []}}',
    '{{0192f000-0000-7000-8000-0000000000d9}}', 60, 10, 120);
INSERT INTO alert_rules (id, organization_id, name, kind, condition, scope, severity, clear_after_s, group_within_s)
  VALUES (gen_random_uuid(), {_ORGANIZATION}, 'guessing', 'security_event',
    '{{"kind": "security_event", "events": ["wrong_secret", "tag_guessing"]}}', '{{}}', 'critical', 60, 120);
INSERT INTO alerts (id, organization_id, rule, rule_name, kind, severity, subject, charger_id, title, details, began_at,
    first_at, last_at)
  VALUES ('0192f000-0000-7000-8000-0000000000d2', {_ORGANIZATION}, '0192f000-0000-7000-8000-0000000000d1', 'Ä', 'offline',
    'critical', 'CP/Ä 1', 'CP/Ä 1', 'CP/Ä 1 is offline', '{{}}', now(), now(), now());
INSERT INTO alert_events (organization_id, alert, kind, actor_name, text, at)
  VALUES ({_ORGANIZATION}, '0192f000-0000-7000-8000-0000000000d2', 'comment', 'admin', 'Ä', now());
INSERT INTO alert_states (organization_id, seeded_at) VALUES ({_ORGANIZATION}, now());
INSERT INTO alert_group_sums SELECT * FROM csms_changed_alert_groups();
INSERT INTO fleet_sums SELECT * FROM csms_changed_fleet_sums();
INSERT INTO charger_states SELECT * FROM csms_marked_charger_states();
INSERT INTO privacy_requests (id, organization_id, kind, subject_kind, subject_id, status, counts)
  VALUES (gen_random_uuid(), {_ORGANIZATION}, 'erasure', 'token', gen_random_uuid(), 'done', '{{"tokens": 1}}');
INSERT INTO settings_history (id, organization_id, section, before, after, actor_kind, actor_name, at)
  VALUES (gen_random_uuid(), {_ORGANIZATION}, 'retention', '{{}}', '{{"ocpp_log_days": 3}}', 'user', 'admin', now());
INSERT INTO feature_flags (id, organization_id, key, type, enabled, variants, default_variant, rules)
  VALUES (gen_random_uuid(), {_ORGANIZATION}, 'commands.raw', 'boolean', true, '{{"on": true, "off": false}}', 'off',
    '[{{"variant": "on", "roles": ["admin"], "percentage": 12.5}}]');
INSERT INTO feature_flag_history (id, organization_id, key, after, actor_kind, actor_name, at)
  VALUES (gen_random_uuid(), {_ORGANIZATION}, 'commands.raw', '{{"enabled": true}}', 'user', 'admin', now());
INSERT INTO imports (id, organization_id, kind, status, dry_run, on_conflict, file_name, file_bytes, wanted, mapping,
    headers, sample, total, failed, permissions, job, actor_kind,
    actor_name)
  VALUES ('0192f000-0000-7000-8000-0000000000b3', {_ORGANIZATION}, 'chargers', 'done', false, 'fail', 'Säulen.csv', 17,
    '{{"Säule": "id"}}', '{{"Säule": "id"}}', '["Säule"]', '[["CP/Ä 1"]]', 1, 1, '["charger:charger:create"]',
    gen_random_uuid(), 'user', 'admin');
INSERT INTO import_rows (import, number, organization_id, key, "values", faults, secret, status, errors, generated)
  VALUES ('0192f000-0000-7000-8000-0000000000b3', 2, {_ORGANIZATION}, 'cp/ä 1', '{{"id": "CP/Ä 1"}}', '{{}}', '\x01',
    'failed', '[{{"field": "id", "code": "value_error", "message": "no slash"}}]', '\x02');
INSERT INTO webhooks (id, organization_id, url, event_types, secret, status, paused_reason, failing_since)
  VALUES ('0192f000-0000-7000-8000-0000000000d1', {_ORGANIZATION}, 'https://example.com/ä', '{{*}}', '\\x0100', 'paused',
    'failing', now());
INSERT INTO webhook_deliveries (id, organization_id, webhook, event_id, event_type, payload, status, attempts, error)
  VALUES (gen_random_uuid(), {_ORGANIZATION}, '0192f000-0000-7000-8000-0000000000d1', 'evt_1', 'transaction.started',
    '{{"type": "ä"}}', 'dead', 2147483647, 'x');
INSERT INTO notification_channels (id, organization_id, name, kind, target, config)
  VALUES ('0192f000-0000-7000-8000-0000000000d2', {_ORGANIZATION}, 'Ä', 'email', 'o***@example.com', '\\x0100');
INSERT INTO notifications (id, organization_id, channel, dedup, kind, severity, title, body, due_at)
  VALUES (gen_random_uuid(), {_ORGANIZATION}, '0192f000-0000-7000-8000-0000000000d2', 'x', 'alert_raised', 'high',
    'Ä', E'one\\ntwo', now());
INSERT INTO notification_templates (organization_id, kind, language, subject, "text")
  VALUES ({_ORGANIZATION}, 'alert_raised', 'de', 'Ä {{{{ title }}}}', 'x');
INSERT INTO user_preferences (user_id, organization_id, document)
  VALUES ({_USER}, {_ORGANIZATION}, '{{"theme": "dark", "later": {{"ä": [1]}}}}');
INSERT INTO saved_views (id, organization_id, user_id, screen, name, shared, filter, sort, columns, display, position)
  VALUES (gen_random_uuid(), {_ORGANIZATION}, {_USER}, 'chargers', 'Gestört', true, '{{"status": ["faulted"]}}', '-name',
    '{{id,name}}', '{{}}', 10000);
INSERT INTO dashboards (id, organization_id, user_id, name, widgets, position)
  VALUES (gen_random_uuid(), {_ORGANIZATION}, {_USER}, 'Übersicht', '[{{"kind": "map", "size": "XL", "settings": {{}}}}]', 0);
INSERT INTO dashboard_defaults (organization_id, role, dashboards)
  VALUES ({_ORGANIZATION}, 'night', '[{{"name": "Nacht", "widgets": []}}]');
INSERT INTO organization_logos (organization_id, media_type, width, height, content, sha256)
  VALUES ({_ORGANIZATION}, 'image/png', 16, 16, '\\x89504e47', repeat('a', 64));
SELECT setval('transaction_number_seq', 2147483646);
"""


async def fill(connection: asyncpg.Connection) -> None:
    """Write the rows as the superuser, whom no policy stops; every table must have got some."""
    await connection.execute(ROWS)
    tables = await connection.fetch(
        "SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')"
        " AND NOT c.relispartition"
    )
    empty = [name for (name,) in tables if not await connection.fetchval(f'SELECT count(*) FROM "{name}"')]
    if empty:
        raise AssertionError(f"tests/upgrade/data.py writes nothing into {', '.join(sorted(empty))}: add rows there")
