-- What a payment is for. Keys written before name it "stay".
ALTER TABLE payment ADD COLUMN kind TEXT NOT NULL DEFAULT 'exit'
    CHECK (kind IN ('exit', 'prepay', 'link', 'debt'));
