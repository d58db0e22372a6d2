-- Who has the payment, or may have it. Until now there was one provider.
ALTER TABLE payment ADD COLUMN provider TEXT NOT NULL DEFAULT 'stripe';
