-- Stages, parts and pauses of the fuller case. A new value of an enumeration can be used from the next file on.
alter type certification.stage add value 'document_review' after 'accepted';
alter type certification.stage add value 'evaluation_planned' after 'document_review';
alter type certification.stage add value 'inspection' after 'evaluation_planned';
alter type certification.stage add value 'nonconformity_open' after 'results_ready';
alter type certification.stage add value 'expired_inactive' after 'withdrawn';
alter type certification.part add value 'document_reviewer' after 'intake';
-- The quality manager acts over a case, never in it; the part is kept so that the two can be held apart.
alter type certification.part add value 'quality_manager' after 'decision_maker';
