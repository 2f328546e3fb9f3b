#!/bin/sh
# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
#
# The two logins that docs/howto/own-postgresql.md asks for, made when the server starts for the first time.
set -eu
psql --set ON_ERROR_STOP=1 --username postgres --dbname postgres \
  --set "owner=$(cat /run/secrets/owner-password)" --set "app=$(cat /run/secrets/app-password)" <<'SQL'
CREATE ROLE csms_owner LOGIN CREATEROLE PASSWORD :'owner';
CREATE ROLE csms LOGIN NOINHERIT PASSWORD :'app';
CREATE DATABASE csms OWNER csms_owner;
SQL
