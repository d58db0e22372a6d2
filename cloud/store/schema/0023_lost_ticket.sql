-- A stay whose ticket is lost: it is named by the exit where its driver stands, and costs what that costs.
ALTER TABLE session ADD COLUMN lost INTEGER NOT NULL DEFAULT 0;
