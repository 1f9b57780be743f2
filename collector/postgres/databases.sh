#!/bin/sh
# Runs once, when the volume of PostgreSQL is empty: a user with its own database for the bridges, and one for the workers.
# Neither can read the tables of the other.
set -eu

create() { # NAME PASSWORD_FILE
  psql --quiet --set ON_ERROR_STOP=1 --username postgres --set "name=$1" --set "password=$(cat "$2")" <<'SQL'
CREATE ROLE :"name" LOGIN PASSWORD :'password';
CREATE DATABASE :"name" OWNER :"name";
REVOKE ALL ON DATABASE :"name" FROM PUBLIC;
SQL
}

create bridge /run/secrets/bridge_database_password
create worker /run/secrets/worker_database_password
