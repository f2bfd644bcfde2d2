"""Functions of SQLite that statements use, and the triggers of the audit log, for PostgreSQL."""

from __future__ import annotations

from typing import Final

FUNCTIONS: Final = (
    """
    CREATE FUNCTION folded_text(value TEXT) RETURNS TEXT IMMUTABLE STRICT LANGUAGE sql
    RETURN replace(lower(normalize(value, NFKC)), 'ß', 'ss')
    """,
    """
    CREATE FUNCTION instr(value TEXT, part TEXT) RETURNS INTEGER IMMUTABLE STRICT LANGUAGE sql
    RETURN strpos(value, part)
    """,
)
"""`folded_text` is that of `bot.store.columns`; the names of accounts are folded there."""

AUDIT_TRIGGERS: Final = (
    """
    CREATE FUNCTION audit_appends() RETURNS TRIGGER LANGUAGE plpgsql AS $$
    BEGIN
        IF NEW.number IS DISTINCT FROM (SELECT coalesce(max(number), 0) + 1 FROM audit) THEN
            RAISE EXCEPTION 'the audit log has no gaps';
        END IF;
        RETURN NEW;
    END $$
    """,
    """
    CREATE TRIGGER audit_appends BEFORE INSERT ON audit
    FOR EACH ROW EXECUTE FUNCTION audit_appends()
    """,
    """
    CREATE FUNCTION audit_stays() RETURNS TRIGGER LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'the audit log only grows';
    END $$
    """,
    """
    CREATE TRIGGER audit_stays BEFORE DELETE OR TRUNCATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION audit_stays()
    """,
    """
    CREATE FUNCTION audit_wipes() RETURNS TRIGGER LANGUAGE plpgsql AS $$
    DECLARE
        wiped audit;
    BEGIN
        wiped := OLD;
        wiped.before := NULL;
        wiped.after := NULL;
        wiped.salt := NULL;
        IF NEW IS DISTINCT FROM wiped THEN
            RAISE EXCEPTION 'in the audit log only contacts can be wiped';
        END IF;
        RETURN NEW;
    END $$
    """,
    """
    CREATE TRIGGER audit_wipes BEFORE UPDATE ON audit
    FOR EACH ROW EXECUTE FUNCTION audit_wipes()
    """,
)
"""They keep the bot's own defects away from the log, like the triggers of SQLite."""
