-- Orders, payments, refunds, parcels and draws only ever went from a state to one that may follow it.
-- over: daybook
-- needs: daybook.kind, daybook.subject
-- A payment that failed or was closed may still succeed: gateways authorise late.  One that succeeded stays so.
WITH legal(before, after) AS (VALUES
  ('', 'order_opened'), ('order_opened', 'order_extended'), ('order_extended', 'order_extended'),
  ('order_opened', 'order_paid'), ('order_opened', 'order_lapsed'), ('order_opened', 'order_cancelled'),
  ('order_extended', 'order_paid'), ('order_extended', 'order_lapsed'), ('order_extended', 'order_cancelled'),
  ('order_paid', 'collected'), ('order_paid', 'pickup_expired'), ('order_paid', 'order_cancelled'),
  ('', 'payment_begun'), ('payment_begun', 'payment_doubted'), ('payment_doubted', 'payment_doubted'),
  ('payment_begun', 'payment_succeeded'), ('payment_begun', 'payment_failed'), ('payment_begun', 'payment_closed'),
  ('payment_doubted', 'payment_succeeded'), ('payment_doubted', 'payment_failed'), ('payment_doubted', 'payment_closed'),
  ('payment_failed', 'payment_succeeded'), ('payment_closed', 'payment_succeeded'),
  ('', 'refund_begun'), ('refund_begun', 'refund_done'), ('refund_begun', 'refund_failed'), ('refund_failed', 'refund_begun'),
  ('', 'draw_frozen'), ('draw_frozen', 'draw_committed'), ('draw_committed', 'drawn'), ('drawn', 'draw_published'),
  ('', 'follow_up_opened'), ('follow_up_opened', 'follow_up_done'), ('', 'shipment_opened'),
  ('', 'incident_declared'), ('incident_declared', 'incident_over')),
machines(kind, machine) AS (
  SELECT after, CASE WHEN after IN ('collected', 'pickup_expired') THEN 'order' WHEN after = 'drawn' THEN 'draw'
                     WHEN after LIKE 'follow_up%' THEN 'follow_up' ELSE split_part(after, '_', 1) END FROM legal GROUP BY after),
steps AS (
  SELECT d.sequence, m.machine, d.subject, coalesce(lag(d.kind) OVER one, '') AS before, d.kind AS after
  FROM daybook d JOIN machines m ON m.kind = d.kind
  WINDOW one AS (PARTITION BY m.machine, d.subject ORDER BY d.sequence)),
parcels AS (
  SELECT sequence, subject, detail->>'state' AS state, lag(detail->>'state') OVER one AS state_before
  FROM daybook WHERE kind IN ('shipment_opened', 'shipment_moved') WINDOW one AS (PARTITION BY subject ORDER BY sequence)),
ranks(state, rank) AS (VALUES
  ('opened', 0), ('accepted', 1), ('picked_up', 2), ('in_transit', 3), ('out_for_delivery', 4), ('delivered', 5))
SELECT s.sequence, s.machine, s.subject, s.before, s.after FROM steps s
ANTI JOIN legal l ON l.before = s.before AND l.after = s.after
UNION ALL
SELECT p.sequence, 'parcel', p.subject, p.state_before, p.state FROM parcels p
LEFT JOIN ranks a ON a.state = p.state_before LEFT JOIN ranks b ON b.state = p.state
WHERE p.state_before IS NOT NULL AND b.rank <= a.rank
