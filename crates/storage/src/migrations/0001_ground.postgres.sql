-- Raises when a guard did not touch the rows that it must. Without this, PostgreSQL would commit a change of
-- which one UPDATE found nothing. A class of SQLSTATE that PostgreSQL and the SQL standard leave to others.
CREATE FUNCTION sekisho_guard(touched BIGINT, wanted BIGINT) RETURNS BIGINT LANGUAGE plpgsql AS $$
BEGIN
  IF touched <> wanted THEN
    RAISE EXCEPTION 'a guard touched % rows, not %', touched, wanted USING ERRCODE = 'SK001';
  END IF;
  RETURN touched;
END
$$;
