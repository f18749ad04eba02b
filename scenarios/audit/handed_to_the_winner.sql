-- A bottle was handed only to the person whose order it was, once the order was paid, once.
-- over: daybook
-- needs: daybook.person
WITH handed AS (
  SELECT sequence, subject AS "order", person, count(*) OVER (PARTITION BY subject) AS times FROM daybook WHERE kind = 'collected'),
owners AS (SELECT subject AS "order", person FROM daybook WHERE kind = 'order_opened'),
paid AS (SELECT subject AS "order", min(sequence) AS sequence FROM daybook WHERE kind = 'order_paid' GROUP BY subject)
SELECT h.sequence, h."order", h.person, o.person AS owner_person, p.sequence AS paid_at_sequence, h.times
FROM handed h LEFT JOIN owners o ON o."order" = h."order" LEFT JOIN paid p ON p."order" = h."order"
WHERE h.person IS DISTINCT FROM o.person OR p.sequence IS NULL OR p.sequence > h.sequence OR h.times > 1
