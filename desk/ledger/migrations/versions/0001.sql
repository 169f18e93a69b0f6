CREATE TABLE sales (
	id TEXT NOT NULL,
	state TEXT NOT NULL,
	quantity INTEGER NOT NULL,
	quote TEXT NOT NULL,
	filled INTEGER NOT NULL,
	open INTEGER NOT NULL,
	unknown INTEGER NOT NULL,
	late INTEGER NOT NULL,
	proceeds TEXT NOT NULL,
	fees TEXT NOT NULL,
	reason TEXT NOT NULL,
	opened INTEGER,
	closes INTEGER,
	arrival_price TEXT,
	staged_at INTEGER NOT NULL,
	updated_at INTEGER NOT NULL,
	PRIMARY KEY (id),
	CONSTRAINT sales_state_is_known CHECK (state IN ('draft', 'staged', 'approved', 'scheduled', 'working', 'paused', 'closing', 'completed', 'expired', 'cancelled', 'rejected')),
	CONSTRAINT sales_quantity_is_positive CHECK (quantity > 0),
	CONSTRAINT sales_totals_are_not_negative CHECK (filled >= 0 AND open >= 0 AND unknown >= 0 AND late >= 0),
	CONSTRAINT sales_never_oversold CHECK (filled + open + unknown <= quantity + late),
	CONSTRAINT sales_window_is_ordered CHECK (opened IS NULL OR closes IS NULL OR opened < closes),
	CONSTRAINT sales_proceeds_is_decimal CHECK (proceeds GLOB '[0-9]*' AND proceeds NOT GLOB '*[^0-9.]*' AND proceeds NOT GLOB '*.*.*'),
	CONSTRAINT sales_arrival_price_is_decimal CHECK (arrival_price GLOB '[0-9]*' AND arrival_price NOT GLOB '*[^0-9.]*' AND arrival_price NOT GLOB '*.*.*'),
	CONSTRAINT sales_fees_is_decimal CHECK (ltrim(fees, '-') GLOB '[0-9]*' AND ltrim(fees, '-') NOT GLOB '*[^0-9.]*' AND fees NOT GLOB '*.*.*' AND fees NOT GLOB '?*-*')
)
 STRICT;

CREATE TABLE signatures (
	subject TEXT NOT NULL,
	principal TEXT NOT NULL,
	role TEXT NOT NULL,
	fingerprint TEXT NOT NULL,
	armored TEXT NOT NULL,
	signed_at INTEGER NOT NULL,
	recorded_at INTEGER NOT NULL,
	PRIMARY KEY (subject, principal),
	CONSTRAINT signatures_are_named CHECK (principal <> '' AND role <> '' AND fingerprint <> '' AND armored <> ''),
	CONSTRAINT signatures_one_per_key UNIQUE (subject, fingerprint)
)
 STRICT;

CREATE TABLE desk (
	id INTEGER NOT NULL,
	desk_id TEXT NOT NULL,
	is_demo INTEGER NOT NULL,
	wall0 INTEGER NOT NULL,
	desk0 INTEGER NOT NULL,
	speed INTEGER NOT NULL,
	made INTEGER NOT NULL,
	PRIMARY KEY (id),
	CONSTRAINT desk_is_one CHECK (id = 1),
	CONSTRAINT desk_demo_is_flag CHECK (is_demo IN (0, 1)),
	CONSTRAINT desk_time_runs_fast_only_in_demos CHECK (speed = 1 OR (is_demo = 1 AND speed > 0))
)
 STRICT;

CREATE TABLE requests (
	id TEXT NOT NULL,
	kind TEXT NOT NULL,
	subject TEXT NOT NULL,
	nonce TEXT NOT NULL,
	body TEXT NOT NULL,
	opener TEXT NOT NULL,
	head_seq INTEGER NOT NULL,
	opened INTEGER NOT NULL,
	expires INTEGER NOT NULL,
	closed INTEGER,
	outcome TEXT,
	PRIMARY KEY (id),
	CONSTRAINT requests_are_said CHECK (kind <> '' AND body <> '' AND opener <> ''),
	CONSTRAINT requests_outcome_has_a_time CHECK ((outcome IS NULL) = (closed IS NULL)),
	UNIQUE (nonce)
)
 STRICT;

CREATE TABLE epochs (
	number INTEGER NOT NULL,
	pid INTEGER NOT NULL,
	host TEXT NOT NULL,
	taken INTEGER NOT NULL,
	PRIMARY KEY (number),
	CONSTRAINT epochs_count_from_one CHECK (number > 0)
)
 STRICT;

CREATE TABLE alarms (
	id INTEGER NOT NULL,
	kind TEXT NOT NULL,
	subject TEXT NOT NULL,
	text TEXT NOT NULL,
	raised INTEGER NOT NULL,
	cleared INTEGER,
	cleared_by TEXT,
	PRIMARY KEY (id),
	CONSTRAINT alarms_are_said CHECK (kind <> ''),
	CONSTRAINT alarms_are_cleared_by_somebody CHECK ((cleared IS NULL) = (cleared_by IS NULL))
)
 STRICT;

CREATE TABLE events (
	seq INTEGER NOT NULL,
	at INTEGER NOT NULL,
	kind TEXT NOT NULL,
	subject TEXT NOT NULL,
	actor TEXT NOT NULL,
	detail TEXT NOT NULL,
	rows TEXT NOT NULL,
	prev TEXT NOT NULL,
	hash TEXT NOT NULL,
	PRIMARY KEY (seq),
	CONSTRAINT events_hash_is_sha256 CHECK (length(hash) = 64 AND length(prev) = 64),
	CONSTRAINT events_are_said CHECK (kind <> '' AND actor <> '')
)
 STRICT;

CREATE TABLE live_heartbeat (
	id INTEGER NOT NULL,
	pid INTEGER NOT NULL,
	epoch INTEGER NOT NULL,
	wall INTEGER NOT NULL,
	note TEXT NOT NULL,
	PRIMARY KEY (id),
	CONSTRAINT live_heartbeat_is_one CHECK (id = 1)
)
 STRICT;

CREATE TABLE live_quotes (
	venue TEXT NOT NULL,
	bid TEXT NOT NULL,
	ask TEXT NOT NULL,
	wall INTEGER NOT NULL,
	desk INTEGER NOT NULL,
	PRIMARY KEY (venue)
)
 STRICT;

CREATE TABLE live_quote_history (
	id INTEGER NOT NULL,
	venue TEXT NOT NULL,
	bid TEXT NOT NULL,
	ask TEXT NOT NULL,
	desk INTEGER NOT NULL,
	PRIMARY KEY (id)
)
 STRICT;

CREATE TABLE live_books (
	venue TEXT NOT NULL,
	bids TEXT NOT NULL,
	asks TEXT NOT NULL,
	wall INTEGER NOT NULL,
	PRIMARY KEY (venue)
)
 STRICT;

CREATE TABLE live_balances (
	venue TEXT NOT NULL,
	currency TEXT NOT NULL,
	total TEXT NOT NULL,
	free TEXT NOT NULL,
	wall INTEGER NOT NULL,
	PRIMARY KEY (venue, currency)
)
 STRICT;

CREATE TABLE live_venues (
	venue TEXT NOT NULL,
	reachable INTEGER NOT NULL,
	error TEXT NOT NULL,
	wall INTEGER NOT NULL,
	PRIMARY KEY (venue)
)
 STRICT;

CREATE TABLE live_feeds (
	name TEXT NOT NULL,
	asked INTEGER NOT NULL,
	answered INTEGER,
	error TEXT NOT NULL,
	PRIMARY KEY (name)
)
 STRICT;

CREATE TABLE live_markets (
	venue TEXT NOT NULL,
	symbol TEXT NOT NULL,
	base TEXT NOT NULL,
	quote TEXT NOT NULL,
	tick TEXT NOT NULL,
	lot INTEGER NOT NULL,
	min_quantity INTEGER NOT NULL,
	min_cost TEXT NOT NULL,
	maker_fee TEXT NOT NULL,
	taker_fee TEXT NOT NULL,
	volume INTEGER,
	high TEXT,
	low TEXT,
	wall INTEGER NOT NULL,
	PRIMARY KEY (venue)
)
 STRICT;

CREATE TABLE places (
	id TEXT NOT NULL,
	version INTEGER NOT NULL,
	kind TEXT NOT NULL,
	name TEXT NOT NULL,
	sats INTEGER NOT NULL,
	as_of INTEGER NOT NULL,
	source TEXT NOT NULL,
	loan TEXT,
	note TEXT NOT NULL,
	is_illustrative INTEGER NOT NULL,
	recorded_at INTEGER NOT NULL,
	PRIMARY KEY (id, version),
	CONSTRAINT places_pledge_names_its_loan CHECK ((kind = 'pledged') = (loan IS NOT NULL)),
	CONSTRAINT places_key_is_said CHECK (id <> '' AND name <> '' AND source <> ''),
	CONSTRAINT places_version_is_positive CHECK (version >= 1),
	CONSTRAINT places_kind_is_known CHECK (kind IN ('pool', 'wallet', 'custodian', 'pledged', 'in-transit')),
	CONSTRAINT places_sats_is_not_negative CHECK (sats >= 0),
	CONSTRAINT places_is_illustrative_is_flag CHECK (is_illustrative IN (0, 1))
)
 STRICT;

CREATE TABLE cash (
	place TEXT NOT NULL,
	currency TEXT NOT NULL,
	version INTEGER NOT NULL,
	amount TEXT NOT NULL,
	as_of INTEGER NOT NULL,
	source TEXT NOT NULL,
	note TEXT NOT NULL,
	is_illustrative INTEGER NOT NULL,
	recorded_at INTEGER NOT NULL,
	PRIMARY KEY (place, currency, version),
	CONSTRAINT cash_key_is_said CHECK (place <> '' AND currency <> '' AND source <> ''),
	CONSTRAINT cash_version_is_positive CHECK (version >= 1),
	CONSTRAINT cash_amount_is_decimal CHECK (ltrim(amount, '-') GLOB '[0-9]*' AND ltrim(amount, '-') NOT GLOB '*[^0-9.]*' AND amount NOT GLOB '*.*.*' AND amount NOT GLOB '?*-*'),
	CONSTRAINT cash_is_illustrative_is_flag CHECK (is_illustrative IN (0, 1))
)
 STRICT;

CREATE TABLE mining_days (
	day TEXT NOT NULL,
	pool TEXT NOT NULL,
	site TEXT NOT NULL,
	version INTEGER NOT NULL,
	mined INTEGER NOT NULL,
	expected INTEGER,
	hashrate_ehs TEXT,
	power_price TEXT,
	source TEXT NOT NULL,
	source_id TEXT NOT NULL,
	is_illustrative INTEGER NOT NULL,
	credited INTEGER,
	zone TEXT NOT NULL,
	deployed_ehs TEXT,
	uptime TEXT,
	joules_per_th TEXT,
	hosting TEXT,
	pool_fee TEXT,
	recorded_at INTEGER NOT NULL,
	PRIMARY KEY (day, pool, site, version),
	CONSTRAINT mining_days_key_is_said CHECK (pool <> '' AND zone <> '' AND source <> ''),
	CONSTRAINT mining_days_version_is_positive CHECK (version >= 1),
	CONSTRAINT mining_days_day_has_its_shape CHECK (day GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]'),
	CONSTRAINT mining_days_mined_is_not_negative CHECK (mined >= 0),
	CONSTRAINT mining_days_expected_is_not_negative CHECK (expected >= 0),
	CONSTRAINT mining_days_hashrate_ehs_is_decimal CHECK (hashrate_ehs GLOB '[0-9]*' AND hashrate_ehs NOT GLOB '*[^0-9.]*' AND hashrate_ehs NOT GLOB '*.*.*'),
	CONSTRAINT mining_days_power_price_is_decimal CHECK (power_price GLOB '[0-9]*' AND power_price NOT GLOB '*[^0-9.]*' AND power_price NOT GLOB '*.*.*'),
	CONSTRAINT mining_days_is_illustrative_is_flag CHECK (is_illustrative IN (0, 1)),
	CONSTRAINT mining_days_deployed_ehs_is_decimal CHECK (deployed_ehs GLOB '[0-9]*' AND deployed_ehs NOT GLOB '*[^0-9.]*' AND deployed_ehs NOT GLOB '*.*.*'),
	CONSTRAINT mining_days_uptime_is_decimal CHECK (uptime GLOB '[0-9]*' AND uptime NOT GLOB '*[^0-9.]*' AND uptime NOT GLOB '*.*.*'),
	CONSTRAINT mining_days_joules_per_th_is_decimal CHECK (joules_per_th GLOB '[0-9]*' AND joules_per_th NOT GLOB '*[^0-9.]*' AND joules_per_th NOT GLOB '*.*.*'),
	CONSTRAINT mining_days_hosting_is_decimal CHECK (hosting GLOB '[0-9]*' AND hosting NOT GLOB '*[^0-9.]*' AND hosting NOT GLOB '*.*.*'),
	CONSTRAINT mining_days_pool_fee_is_decimal CHECK (pool_fee GLOB '[0-9]*' AND pool_fee NOT GLOB '*[^0-9.]*' AND pool_fee NOT GLOB '*.*.*')
)
 STRICT;

CREATE TABLE network_days (
	day TEXT NOT NULL,
	version INTEGER NOT NULL,
	difficulty TEXT NOT NULL,
	hashrate_ehs TEXT,
	mean_fees TEXT,
	source TEXT NOT NULL,
	recorded_at INTEGER NOT NULL,
	PRIMARY KEY (day, version),
	CONSTRAINT network_days_key_is_said CHECK (source <> ''),
	CONSTRAINT network_days_version_is_positive CHECK (version >= 1),
	CONSTRAINT network_days_day_has_its_shape CHECK (day GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]'),
	CONSTRAINT network_days_difficulty_is_decimal CHECK (difficulty GLOB '[0-9]*' AND difficulty NOT GLOB '*[^0-9.]*' AND difficulty NOT GLOB '*.*.*'),
	CONSTRAINT network_days_hashrate_ehs_is_decimal CHECK (hashrate_ehs GLOB '[0-9]*' AND hashrate_ehs NOT GLOB '*[^0-9.]*' AND hashrate_ehs NOT GLOB '*.*.*'),
	CONSTRAINT network_days_mean_fees_is_decimal CHECK (mean_fees GLOB '[0-9]*' AND mean_fees NOT GLOB '*[^0-9.]*' AND mean_fees NOT GLOB '*.*.*')
)
 STRICT;

CREATE TABLE projects (
	id TEXT NOT NULL,
	version INTEGER NOT NULL,
	name TEXT NOT NULL,
	is_illustrative INTEGER NOT NULL,
	site TEXT NOT NULL,
	power_mw TEXT,
	gpus INTEGER,
	recorded_at INTEGER NOT NULL,
	PRIMARY KEY (id, version),
	CONSTRAINT projects_key_is_said CHECK (id <> '' AND name <> ''),
	CONSTRAINT projects_version_is_positive CHECK (version >= 1),
	CONSTRAINT projects_is_illustrative_is_flag CHECK (is_illustrative IN (0, 1)),
	CONSTRAINT projects_power_mw_is_decimal CHECK (power_mw GLOB '[0-9]*' AND power_mw NOT GLOB '*[^0-9.]*' AND power_mw NOT GLOB '*.*.*'),
	CONSTRAINT projects_gpus_is_not_negative CHECK (gpus >= 0)
)
 STRICT;

CREATE TABLE commitments (
	id TEXT NOT NULL,
	version INTEGER NOT NULL,
	project TEXT NOT NULL,
	vendor TEXT NOT NULL,
	name TEXT NOT NULL,
	source TEXT NOT NULL,
	is_illustrative INTEGER NOT NULL,
	contract TEXT NOT NULL,
	signed TEXT,
	currency TEXT NOT NULL,
	total TEXT,
	recorded_at INTEGER NOT NULL,
	PRIMARY KEY (id, version),
	CONSTRAINT commitments_key_is_said CHECK (project <> '' AND id <> '' AND name <> '' AND source <> ''),
	CONSTRAINT commitments_version_is_positive CHECK (version >= 1),
	CONSTRAINT commitments_is_illustrative_is_flag CHECK (is_illustrative IN (0, 1)),
	CONSTRAINT commitments_signed_has_its_shape CHECK (signed GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]'),
	CONSTRAINT commitments_total_is_decimal CHECK (total GLOB '[0-9]*' AND total NOT GLOB '*[^0-9.]*' AND total NOT GLOB '*.*.*')
)
 STRICT;

CREATE TABLE milestones (
	id TEXT NOT NULL,
	version INTEGER NOT NULL,
	commitment TEXT NOT NULL,
	name TEXT NOT NULL,
	due TEXT NOT NULL,
	amount TEXT NOT NULL,
	currency TEXT NOT NULL,
	state TEXT NOT NULL,
	funded TEXT NOT NULL,
	source TEXT NOT NULL,
	is_illustrative INTEGER NOT NULL,
	kind TEXT NOT NULL,
	earliest TEXT,
	latest TEXT,
	probability TEXT NOT NULL,
	paid TEXT,
	paid_on TEXT,
	recorded_at INTEGER NOT NULL,
	PRIMARY KEY (id, version),
	CONSTRAINT milestones_shares_are_shares CHECK (CAST(funded AS REAL) <= 10000 AND CAST(probability AS REAL) <= 10000),
	CONSTRAINT milestones_range_holds_due CHECK ((earliest IS NULL OR earliest <= due) AND (latest IS NULL OR due <= latest)),
	CONSTRAINT milestones_key_is_said CHECK (commitment <> '' AND currency <> '' AND id <> '' AND name <> '' AND source <> ''),
	CONSTRAINT milestones_version_is_positive CHECK (version >= 1),
	CONSTRAINT milestones_due_has_its_shape CHECK (due GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]'),
	CONSTRAINT milestones_amount_is_decimal CHECK (amount GLOB '[0-9]*' AND amount NOT GLOB '*[^0-9.]*' AND amount NOT GLOB '*.*.*'),
	CONSTRAINT milestones_state_is_known CHECK (state IN ('planned', 'committed', 'paid', 'dropped')),
	CONSTRAINT milestones_funded_is_decimal CHECK (funded GLOB '[0-9]*' AND funded NOT GLOB '*[^0-9.]*' AND funded NOT GLOB '*.*.*'),
	CONSTRAINT milestones_is_illustrative_is_flag CHECK (is_illustrative IN (0, 1)),
	CONSTRAINT milestones_kind_is_known CHECK (kind IN ('deposit', 'delivery', 'acceptance', 'retainage', 'other')),
	CONSTRAINT milestones_earliest_has_its_shape CHECK (earliest GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]'),
	CONSTRAINT milestones_latest_has_its_shape CHECK (latest GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]'),
	CONSTRAINT milestones_probability_is_decimal CHECK (probability GLOB '[0-9]*' AND probability NOT GLOB '*[^0-9.]*' AND probability NOT GLOB '*.*.*'),
	CONSTRAINT milestones_paid_is_decimal CHECK (paid GLOB '[0-9]*' AND paid NOT GLOB '*[^0-9.]*' AND paid NOT GLOB '*.*.*'),
	CONSTRAINT milestones_paid_on_has_its_shape CHECK (paid_on GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]')
)
 STRICT;

CREATE TABLE loans (
	id TEXT NOT NULL,
	version INTEGER NOT NULL,
	lender TEXT NOT NULL,
	debt TEXT NOT NULL,
	accrued_interest TEXT NOT NULL,
	currency TEXT NOT NULL,
	pledged INTEGER NOT NULL,
	initial_ltv TEXT NOT NULL,
	call_ltv TEXT NOT NULL,
	liquidation_ltv TEXT NOT NULL,
	may_reuse INTEGER NOT NULL,
	as_of INTEGER NOT NULL,
	maturity TEXT,
	state TEXT NOT NULL,
	source TEXT NOT NULL,
	is_illustrative INTEGER NOT NULL,
	release_ltv TEXT,
	annual_rate TEXT,
	day_count TEXT NOT NULL,
	interest_every TEXT,
	opened TEXT,
	fees TEXT NOT NULL,
	recorded_at INTEGER NOT NULL,
	PRIMARY KEY (id, version),
	CONSTRAINT loans_ltvs_rise CHECK (0 < CAST(initial_ltv AS REAL) AND CAST(initial_ltv AS REAL) <= CAST(call_ltv AS REAL) AND CAST(call_ltv AS REAL) < CAST(liquidation_ltv AS REAL)),
	CONSTRAINT loans_key_is_said CHECK (lender <> '' AND currency <> '' AND id <> '' AND source <> ''),
	CONSTRAINT loans_version_is_positive CHECK (version >= 1),
	CONSTRAINT loans_debt_is_decimal CHECK (debt GLOB '[0-9]*' AND debt NOT GLOB '*[^0-9.]*' AND debt NOT GLOB '*.*.*'),
	CONSTRAINT loans_accrued_interest_is_decimal CHECK (accrued_interest GLOB '[0-9]*' AND accrued_interest NOT GLOB '*[^0-9.]*' AND accrued_interest NOT GLOB '*.*.*'),
	CONSTRAINT loans_pledged_is_not_negative CHECK (pledged >= 0),
	CONSTRAINT loans_initial_ltv_is_decimal CHECK (initial_ltv GLOB '[0-9]*' AND initial_ltv NOT GLOB '*[^0-9.]*' AND initial_ltv NOT GLOB '*.*.*'),
	CONSTRAINT loans_call_ltv_is_decimal CHECK (call_ltv GLOB '[0-9]*' AND call_ltv NOT GLOB '*[^0-9.]*' AND call_ltv NOT GLOB '*.*.*'),
	CONSTRAINT loans_liquidation_ltv_is_decimal CHECK (liquidation_ltv GLOB '[0-9]*' AND liquidation_ltv NOT GLOB '*[^0-9.]*' AND liquidation_ltv NOT GLOB '*.*.*'),
	CONSTRAINT loans_may_reuse_is_flag CHECK (may_reuse IN (0, 1)),
	CONSTRAINT loans_maturity_has_its_shape CHECK (maturity GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]'),
	CONSTRAINT loans_state_is_known CHECK (state IN ('open', 'repaid')),
	CONSTRAINT loans_is_illustrative_is_flag CHECK (is_illustrative IN (0, 1)),
	CONSTRAINT loans_release_ltv_is_decimal CHECK (release_ltv GLOB '[0-9]*' AND release_ltv NOT GLOB '*[^0-9.]*' AND release_ltv NOT GLOB '*.*.*'),
	CONSTRAINT loans_annual_rate_is_decimal CHECK (annual_rate GLOB '[0-9]*' AND annual_rate NOT GLOB '*[^0-9.]*' AND annual_rate NOT GLOB '*.*.*'),
	CONSTRAINT loans_day_count_is_known CHECK (day_count IN ('act/360', 'act/365', '30/360')),
	CONSTRAINT loans_interest_every_is_known CHECK (interest_every IN ('once', 'weekly', 'monthly', 'quarterly')),
	CONSTRAINT loans_opened_has_its_shape CHECK (opened GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]'),
	CONSTRAINT loans_fees_is_decimal CHECK (fees GLOB '[0-9]*' AND fees NOT GLOB '*[^0-9.]*' AND fees NOT GLOB '*.*.*')
)
 STRICT;

CREATE TABLE cost_figures (
	period TEXT NOT NULL,
	version INTEGER NOT NULL,
	cash_cost TEXT,
	all_in_cost TEXT,
	currency TEXT NOT NULL,
	source TEXT NOT NULL,
	recorded_at INTEGER NOT NULL,
	PRIMARY KEY (period, version),
	CONSTRAINT cost_figures_key_is_said CHECK (period <> '' AND currency <> '' AND source <> ''),
	CONSTRAINT cost_figures_version_is_positive CHECK (version >= 1),
	CONSTRAINT cost_figures_cash_cost_is_decimal CHECK (cash_cost GLOB '[0-9]*' AND cash_cost NOT GLOB '*[^0-9.]*' AND cash_cost NOT GLOB '*.*.*'),
	CONSTRAINT cost_figures_all_in_cost_is_decimal CHECK (all_in_cost GLOB '[0-9]*' AND all_in_cost NOT GLOB '*[^0-9.]*' AND all_in_cost NOT GLOB '*.*.*')
)
 STRICT;

CREATE TABLE published_months (
	month TEXT NOT NULL,
	version INTEGER NOT NULL,
	produced INTEGER NOT NULL,
	sold INTEGER NOT NULL,
	held INTEGER NOT NULL,
	deployed_ehs TEXT,
	operating_ehs TEXT,
	produced_is_derived INTEGER NOT NULL,
	source TEXT NOT NULL,
	recorded_at INTEGER NOT NULL,
	PRIMARY KEY (month, version),
	CONSTRAINT published_months_key_is_said CHECK (source <> ''),
	CONSTRAINT published_months_version_is_positive CHECK (version >= 1),
	CONSTRAINT published_months_month_has_its_shape CHECK (month GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]'),
	CONSTRAINT published_months_produced_is_not_negative CHECK (produced >= 0),
	CONSTRAINT published_months_sold_is_not_negative CHECK (sold >= 0),
	CONSTRAINT published_months_held_is_not_negative CHECK (held >= 0),
	CONSTRAINT published_months_deployed_ehs_is_decimal CHECK (deployed_ehs GLOB '[0-9]*' AND deployed_ehs NOT GLOB '*[^0-9.]*' AND deployed_ehs NOT GLOB '*.*.*'),
	CONSTRAINT published_months_operating_ehs_is_decimal CHECK (operating_ehs GLOB '[0-9]*' AND operating_ehs NOT GLOB '*[^0-9.]*' AND operating_ehs NOT GLOB '*.*.*'),
	CONSTRAINT published_months_produced_is_derived_is_flag CHECK (produced_is_derived IN (0, 1))
)
 STRICT;

CREATE TABLE receipts (
	id TEXT NOT NULL,
	version INTEGER NOT NULL,
	kind TEXT NOT NULL,
	place TEXT NOT NULL,
	sats INTEGER NOT NULL,
	credited INTEGER NOT NULL,
	source TEXT NOT NULL,
	earned TEXT,
	received INTEGER,
	unit_value TEXT,
	value_source TEXT NOT NULL,
	value_at INTEGER,
	cost TEXT,
	counterparty TEXT NOT NULL,
	source_id TEXT NOT NULL,
	note TEXT NOT NULL,
	is_illustrative INTEGER NOT NULL,
	recorded_at INTEGER NOT NULL,
	PRIMARY KEY (id, version),
	CONSTRAINT receipts_bring_coins CHECK (sats > 0),
	CONSTRAINT receipts_key_is_said CHECK (place <> '' AND id <> '' AND source <> ''),
	CONSTRAINT receipts_version_is_positive CHECK (version >= 1),
	CONSTRAINT receipts_kind_is_known CHECK (kind IN ('opening', 'received', 'returned')),
	CONSTRAINT receipts_sats_is_not_negative CHECK (sats >= 0),
	CONSTRAINT receipts_earned_has_its_shape CHECK (earned GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]'),
	CONSTRAINT receipts_unit_value_is_decimal CHECK (unit_value GLOB '[0-9]*' AND unit_value NOT GLOB '*[^0-9.]*' AND unit_value NOT GLOB '*.*.*'),
	CONSTRAINT receipts_cost_is_decimal CHECK (cost GLOB '[0-9]*' AND cost NOT GLOB '*[^0-9.]*' AND cost NOT GLOB '*.*.*'),
	CONSTRAINT receipts_is_illustrative_is_flag CHECK (is_illustrative IN (0, 1))
)
 STRICT;

CREATE TABLE transfers (
	id TEXT NOT NULL,
	version INTEGER NOT NULL,
	from_place TEXT NOT NULL,
	to_place TEXT NOT NULL,
	sats INTEGER NOT NULL,
	fee INTEGER NOT NULL,
	sent INTEGER NOT NULL,
	source TEXT NOT NULL,
	arrived INTEGER,
	expected INTEGER,
	txid TEXT NOT NULL,
	confirmations INTEGER,
	note TEXT NOT NULL,
	is_illustrative INTEGER NOT NULL,
	recorded_at INTEGER NOT NULL,
	PRIMARY KEY (id, version),
	CONSTRAINT transfers_move_coins CHECK (sats > 0 AND from_place <> to_place),
	CONSTRAINT transfers_arrive_after_they_left CHECK (arrived IS NULL OR arrived >= sent),
	CONSTRAINT transfers_key_is_said CHECK (from_place <> '' AND to_place <> '' AND id <> '' AND source <> ''),
	CONSTRAINT transfers_version_is_positive CHECK (version >= 1),
	CONSTRAINT transfers_sats_is_not_negative CHECK (sats >= 0),
	CONSTRAINT transfers_fee_is_not_negative CHECK (fee >= 0),
	CONSTRAINT transfers_confirmations_is_not_negative CHECK (confirmations >= 0),
	CONSTRAINT transfers_is_illustrative_is_flag CHECK (is_illustrative IN (0, 1))
)
 STRICT;

CREATE TABLE pay_outs (
	id TEXT NOT NULL,
	version INTEGER NOT NULL,
	place TEXT NOT NULL,
	sats INTEGER NOT NULL,
	paid INTEGER NOT NULL,
	payee TEXT NOT NULL,
	purpose TEXT NOT NULL,
	source TEXT NOT NULL,
	unit_value TEXT,
	txid TEXT NOT NULL,
	is_illustrative INTEGER NOT NULL,
	recorded_at INTEGER NOT NULL,
	PRIMARY KEY (id, version),
	CONSTRAINT pay_outs_pay CHECK (sats > 0),
	CONSTRAINT pay_outs_key_is_said CHECK (place <> '' AND payee <> '' AND id <> '' AND source <> ''),
	CONSTRAINT pay_outs_version_is_positive CHECK (version >= 1),
	CONSTRAINT pay_outs_sats_is_not_negative CHECK (sats >= 0),
	CONSTRAINT pay_outs_unit_value_is_decimal CHECK (unit_value GLOB '[0-9]*' AND unit_value NOT GLOB '*[^0-9.]*' AND unit_value NOT GLOB '*.*.*'),
	CONSTRAINT pay_outs_is_illustrative_is_flag CHECK (is_illustrative IN (0, 1))
)
 STRICT;

CREATE TABLE block_sales (
	id TEXT NOT NULL,
	version INTEGER NOT NULL,
	place TEXT NOT NULL,
	sats INTEGER NOT NULL,
	price TEXT NOT NULL,
	currency TEXT NOT NULL,
	fee TEXT NOT NULL,
	fee_currency TEXT NOT NULL,
	executed INTEGER NOT NULL,
	counterparty TEXT NOT NULL,
	source TEXT NOT NULL,
	settles TEXT,
	purpose TEXT NOT NULL,
	note TEXT NOT NULL,
	is_illustrative INTEGER NOT NULL,
	nonce TEXT NOT NULL,
	voided TEXT NOT NULL,
	recorded_at INTEGER NOT NULL,
	PRIMARY KEY (id, version),
	CONSTRAINT block_sales_sell CHECK (sats > 0),
	CONSTRAINT block_sales_key_is_said CHECK (place <> '' AND currency <> '' AND fee_currency <> '' AND counterparty <> '' AND id <> '' AND source <> ''),
	CONSTRAINT block_sales_version_is_positive CHECK (version >= 1),
	CONSTRAINT block_sales_sats_is_not_negative CHECK (sats >= 0),
	CONSTRAINT block_sales_price_is_decimal CHECK (price GLOB '[0-9]*' AND price NOT GLOB '*[^0-9.]*' AND price NOT GLOB '*.*.*'),
	CONSTRAINT block_sales_fee_is_decimal CHECK (ltrim(fee, '-') GLOB '[0-9]*' AND ltrim(fee, '-') NOT GLOB '*[^0-9.]*' AND fee NOT GLOB '*.*.*' AND fee NOT GLOB '?*-*'),
	CONSTRAINT block_sales_settles_has_its_shape CHECK (settles GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]'),
	CONSTRAINT block_sales_is_illustrative_is_flag CHECK (is_illustrative IN (0, 1))
)
 STRICT;

CREATE TABLE marks (
	day TEXT NOT NULL,
	pair TEXT NOT NULL,
	version INTEGER NOT NULL,
	price TEXT NOT NULL,
	observed INTEGER NOT NULL,
	source TEXT NOT NULL,
	policy TEXT NOT NULL,
	recorded_at INTEGER NOT NULL,
	PRIMARY KEY (day, pair, version),
	CONSTRAINT marks_key_is_said CHECK (pair <> '' AND source <> '' AND policy <> ''),
	CONSTRAINT marks_version_is_positive CHECK (version >= 1),
	CONSTRAINT marks_day_has_its_shape CHECK (day GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]'),
	CONSTRAINT marks_price_is_decimal CHECK (price GLOB '[0-9]*' AND price NOT GLOB '*[^0-9.]*' AND price NOT GLOB '*.*.*')
)
 STRICT;

CREATE TABLE relief_rules (
	effective TEXT NOT NULL,
	version INTEGER NOT NULL,
	method TEXT NOT NULL,
	source TEXT NOT NULL,
	recorded_at INTEGER NOT NULL,
	PRIMARY KEY (effective, version),
	CONSTRAINT relief_rules_key_is_said CHECK (source <> ''),
	CONSTRAINT relief_rules_version_is_positive CHECK (version >= 1),
	CONSTRAINT relief_rules_effective_has_its_shape CHECK (effective GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]'),
	CONSTRAINT relief_rules_method_is_known CHECK (method IN ('fifo', 'hifo', 'lifo', 'specific'))
)
 STRICT;

CREATE TABLE lot_picks (
	disposal TEXT NOT NULL,
	lot TEXT NOT NULL,
	version INTEGER NOT NULL,
	sats INTEGER NOT NULL,
	source TEXT NOT NULL,
	recorded_at INTEGER NOT NULL,
	PRIMARY KEY (disposal, lot, version),
	CONSTRAINT lot_picks_take_coins CHECK (sats > 0),
	CONSTRAINT lot_picks_key_is_said CHECK (disposal <> '' AND lot <> '' AND source <> ''),
	CONSTRAINT lot_picks_version_is_positive CHECK (version >= 1),
	CONSTRAINT lot_picks_sats_is_not_negative CHECK (sats >= 0)
)
 STRICT;

CREATE TABLE explanations (
	id TEXT NOT NULL,
	version INTEGER NOT NULL,
	month TEXT NOT NULL,
	sats INTEGER NOT NULL,
	text TEXT NOT NULL,
	author TEXT NOT NULL,
	usd TEXT,
	place TEXT NOT NULL,
	day TEXT,
	about TEXT NOT NULL,
	recorded_at INTEGER NOT NULL,
	PRIMARY KEY (id, version),
	CONSTRAINT explanations_key_is_said CHECK (id <> '' AND text <> '' AND author <> ''),
	CONSTRAINT explanations_version_is_positive CHECK (version >= 1),
	CONSTRAINT explanations_month_has_its_shape CHECK (month GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]'),
	CONSTRAINT explanations_usd_is_decimal CHECK (ltrim(usd, '-') GLOB '[0-9]*' AND ltrim(usd, '-') NOT GLOB '*[^0-9.]*' AND usd NOT GLOB '*.*.*' AND usd NOT GLOB '?*-*'),
	CONSTRAINT explanations_day_has_its_shape CHECK (day GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]')
)
 STRICT;

CREATE TABLE break_owners (
	break_id TEXT NOT NULL,
	version INTEGER NOT NULL,
	owner TEXT NOT NULL,
	opened INTEGER NOT NULL,
	note TEXT NOT NULL,
	recorded_at INTEGER NOT NULL,
	PRIMARY KEY (break_id, version),
	CONSTRAINT break_owners_key_is_said CHECK (break_id <> '' AND owner <> ''),
	CONSTRAINT break_owners_version_is_positive CHECK (version >= 1)
)
 STRICT;

CREATE TABLE month_closes (
	month TEXT NOT NULL,
	version INTEGER NOT NULL,
	document TEXT NOT NULL,
	digest TEXT NOT NULL,
	closed_by TEXT NOT NULL,
	closed_at INTEGER NOT NULL,
	recorded_at INTEGER NOT NULL,
	PRIMARY KEY (month, version),
	CONSTRAINT month_closes_are_for_ever CHECK (version = 1),
	CONSTRAINT month_closes_digest_is_sha256 CHECK (length(digest) = 64),
	CONSTRAINT month_closes_key_is_said CHECK (document <> '' AND closed_by <> ''),
	CONSTRAINT month_closes_version_is_positive CHECK (version >= 1),
	CONSTRAINT month_closes_month_has_its_shape CHECK (month GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]')
)
 STRICT;

CREATE TABLE venue_looks (
	venue TEXT NOT NULL,
	at INTEGER NOT NULL,
	version INTEGER NOT NULL,
	since INTEGER NOT NULL,
	sats INTEGER NOT NULL,
	trades TEXT NOT NULL,
	balances TEXT NOT NULL,
	recorded_at INTEGER NOT NULL,
	PRIMARY KEY (venue, at, version),
	CONSTRAINT venue_looks_are_for_ever CHECK (version = 1),
	CONSTRAINT venue_looks_key_is_said CHECK (venue <> '' AND trades <> '' AND balances <> ''),
	CONSTRAINT venue_looks_version_is_positive CHECK (version >= 1),
	CONSTRAINT venue_looks_sats_is_not_negative CHECK (sats >= 0)
)
 STRICT;

CREATE TABLE flows (
	id TEXT NOT NULL,
	version INTEGER NOT NULL,
	name TEXT NOT NULL,
	kind TEXT NOT NULL,
	direction TEXT NOT NULL,
	amount TEXT NOT NULL,
	currency TEXT NOT NULL,
	first TEXT NOT NULL,
	every TEXT NOT NULL,
	source TEXT NOT NULL,
	last TEXT,
	is_illustrative INTEGER NOT NULL,
	recorded_at INTEGER NOT NULL,
	PRIMARY KEY (id, version),
	CONSTRAINT flows_end_after_they_begin CHECK (last IS NULL OR last >= first),
	CONSTRAINT flows_key_is_said CHECK (currency <> '' AND id <> '' AND name <> '' AND source <> ''),
	CONSTRAINT flows_version_is_positive CHECK (version >= 1),
	CONSTRAINT flows_kind_is_known CHECK (kind IN ('sale', 'ai-revenue', 'hosting-revenue', 'loan-draw', 'equity', 'power', 'hosting', 'payroll', 'interest', 'principal', 'top-up', 'capex', 'tax', 'other')),
	CONSTRAINT flows_direction_is_known CHECK (direction IN ('in', 'out')),
	CONSTRAINT flows_amount_is_decimal CHECK (amount GLOB '[0-9]*' AND amount NOT GLOB '*[^0-9.]*' AND amount NOT GLOB '*.*.*'),
	CONSTRAINT flows_first_has_its_shape CHECK (first GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]'),
	CONSTRAINT flows_every_is_known CHECK (every IN ('once', 'weekly', 'monthly', 'quarterly')),
	CONSTRAINT flows_last_has_its_shape CHECK (last GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]'),
	CONSTRAINT flows_is_illustrative_is_flag CHECK (is_illustrative IN (0, 1))
)
 STRICT;

CREATE TABLE cash_actuals (
	id TEXT NOT NULL,
	version INTEGER NOT NULL,
	day TEXT NOT NULL,
	kind TEXT NOT NULL,
	direction TEXT NOT NULL,
	amount TEXT NOT NULL,
	currency TEXT NOT NULL,
	place TEXT NOT NULL,
	source TEXT NOT NULL,
	flow TEXT,
	note TEXT NOT NULL,
	is_illustrative INTEGER NOT NULL,
	recorded_at INTEGER NOT NULL,
	PRIMARY KEY (id, version),
	CONSTRAINT cash_actuals_key_is_said CHECK (currency <> '' AND place <> '' AND id <> '' AND source <> ''),
	CONSTRAINT cash_actuals_version_is_positive CHECK (version >= 1),
	CONSTRAINT cash_actuals_day_has_its_shape CHECK (day GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]'),
	CONSTRAINT cash_actuals_kind_is_known CHECK (kind IN ('sale', 'ai-revenue', 'hosting-revenue', 'loan-draw', 'equity', 'power', 'hosting', 'payroll', 'interest', 'principal', 'top-up', 'capex', 'tax', 'other')),
	CONSTRAINT cash_actuals_direction_is_known CHECK (direction IN ('in', 'out')),
	CONSTRAINT cash_actuals_amount_is_decimal CHECK (amount GLOB '[0-9]*' AND amount NOT GLOB '*[^0-9.]*' AND amount NOT GLOB '*.*.*'),
	CONSTRAINT cash_actuals_is_illustrative_is_flag CHECK (is_illustrative IN (0, 1))
)
 STRICT;

CREATE TABLE covenants (
	id TEXT NOT NULL,
	version INTEGER NOT NULL,
	loan TEXT NOT NULL,
	kind TEXT NOT NULL,
	level TEXT NOT NULL,
	currency TEXT NOT NULL,
	source TEXT NOT NULL,
	is_illustrative INTEGER NOT NULL,
	recorded_at INTEGER NOT NULL,
	PRIMARY KEY (id, version),
	CONSTRAINT covenants_key_is_said CHECK (loan <> '' AND id <> '' AND source <> ''),
	CONSTRAINT covenants_version_is_positive CHECK (version >= 1),
	CONSTRAINT covenants_kind_is_known CHECK (kind IN ('min-price', 'min-cash', 'max-ltv', 'min-btc')),
	CONSTRAINT covenants_level_is_decimal CHECK (level GLOB '[0-9]*' AND level NOT GLOB '*[^0-9.]*' AND level NOT GLOB '*.*.*'),
	CONSTRAINT covenants_is_illustrative_is_flag CHECK (is_illustrative IN (0, 1))
)
 STRICT;

CREATE TABLE allocations (
	id TEXT NOT NULL,
	version INTEGER NOT NULL,
	need TEXT NOT NULL,
	"by" TEXT NOT NULL,
	ref TEXT NOT NULL,
	amount TEXT NOT NULL,
	currency TEXT NOT NULL,
	day TEXT NOT NULL,
	source TEXT NOT NULL,
	is_illustrative INTEGER NOT NULL,
	recorded_at INTEGER NOT NULL,
	PRIMARY KEY (id, version),
	CONSTRAINT allocations_key_is_said CHECK (need <> '' AND currency <> '' AND id <> '' AND source <> ''),
	CONSTRAINT allocations_version_is_positive CHECK (version >= 1),
	CONSTRAINT allocations_by_is_known CHECK (by IN ('sale', 'loan', 'equity', 'cash')),
	CONSTRAINT allocations_amount_is_decimal CHECK (amount GLOB '[0-9]*' AND amount NOT GLOB '*[^0-9.]*' AND amount NOT GLOB '*.*.*'),
	CONSTRAINT allocations_day_has_its_shape CHECK (day GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]'),
	CONSTRAINT allocations_is_illustrative_is_flag CHECK (is_illustrative IN (0, 1))
)
 STRICT;

CREATE TABLE forecasts (
	id TEXT NOT NULL,
	version INTEGER NOT NULL,
	made INTEGER NOT NULL,
	document TEXT NOT NULL,
	recorded_at INTEGER NOT NULL,
	PRIMARY KEY (id, version),
	CONSTRAINT forecasts_are_for_ever CHECK (version = 1),
	CONSTRAINT forecasts_key_is_said CHECK (id <> '' AND document <> ''),
	CONSTRAINT forecasts_version_is_positive CHECK (version >= 1)
)
 STRICT;

CREATE TABLE terms (
	sale_id TEXT NOT NULL,
	digest TEXT NOT NULL,
	document TEXT NOT NULL,
	PRIMARY KEY (sale_id),
	CONSTRAINT terms_digest_is_sha256 CHECK (length(digest) = 64),
	CONSTRAINT terms_are_said CHECK (document <> ''),
	FOREIGN KEY(sale_id) REFERENCES sales (id) ON DELETE RESTRICT ON UPDATE RESTRICT,
	UNIQUE (digest)
)
 STRICT;

CREATE TABLE slices (
	id TEXT NOT NULL,
	sale_id TEXT NOT NULL,
	position INTEGER NOT NULL,
	"offset" INTEGER NOT NULL,
	due INTEGER,
	planned INTEGER NOT NULL,
	filled INTEGER NOT NULL,
	state TEXT NOT NULL,
	PRIMARY KEY (id),
	CONSTRAINT slices_state_is_known CHECK (state IN ('pending', 'due', 'working', 'done', 'missed')),
	CONSTRAINT slices_plan_is_positive CHECK (planned > 0),
	CONSTRAINT slices_filled_is_not_negative CHECK (filled >= 0),
	CONSTRAINT slices_position_is_not_negative CHECK (position >= 0),
	CONSTRAINT slices_one_per_position UNIQUE (sale_id, position),
	CONSTRAINT slices_belong_to_one_sale UNIQUE (id, sale_id),
	FOREIGN KEY(sale_id) REFERENCES sales (id) ON DELETE RESTRICT ON UPDATE RESTRICT
)
 STRICT;

CREATE TABLE rejections (
	sale_id TEXT NOT NULL,
	principal TEXT NOT NULL,
	reason TEXT NOT NULL,
	rejected_at INTEGER NOT NULL,
	PRIMARY KEY (sale_id, principal),
	CONSTRAINT rejections_have_a_person CHECK (principal <> ''),
	FOREIGN KEY(sale_id) REFERENCES sales (id) ON DELETE RESTRICT ON UPDATE RESTRICT
)
 STRICT;

CREATE TABLE policies (
	number INTEGER NOT NULL,
	digest TEXT NOT NULL,
	document TEXT NOT NULL,
	request_id TEXT,
	accepted INTEGER NOT NULL,
	PRIMARY KEY (number),
	CONSTRAINT policies_digest_is_sha256 CHECK (length(digest) = 64),
	CONSTRAINT policies_are_said CHECK (document <> ''),
	FOREIGN KEY(request_id) REFERENCES requests (id) ON DELETE RESTRICT ON UPDATE RESTRICT
)
 STRICT;

CREATE TABLE commands (
	id INTEGER NOT NULL,
	kind TEXT NOT NULL,
	sale_id TEXT,
	actor TEXT NOT NULL,
	reason TEXT NOT NULL,
	detail TEXT NOT NULL,
	issued INTEGER NOT NULL,
	state TEXT NOT NULL,
	applied INTEGER,
	outcome TEXT NOT NULL,
	epoch INTEGER,
	PRIMARY KEY (id),
	CONSTRAINT commands_state_is_known CHECK (state IN ('pending', 'applied', 'refused')),
	CONSTRAINT commands_outcome_has_a_time CHECK ((state = 'pending') = (applied IS NULL)),
	FOREIGN KEY(sale_id) REFERENCES sales (id) ON DELETE RESTRICT ON UPDATE RESTRICT,
	FOREIGN KEY(epoch) REFERENCES epochs (number) ON DELETE RESTRICT ON UPDATE RESTRICT
)
 STRICT;

CREATE TABLE halts (
	id INTEGER NOT NULL,
	reason TEXT NOT NULL,
	actor TEXT NOT NULL,
	halted INTEGER NOT NULL,
	lifted INTEGER,
	request_id TEXT,
	PRIMARY KEY (id),
	CONSTRAINT halts_are_lifted_by_a_request CHECK ((lifted IS NULL) = (request_id IS NULL)),
	FOREIGN KEY(request_id) REFERENCES requests (id) ON DELETE RESTRICT ON UPDATE RESTRICT
)
 STRICT;

CREATE TABLE orders (
	client_order_id TEXT NOT NULL,
	venue TEXT NOT NULL,
	sale_id TEXT NOT NULL,
	slice_id TEXT NOT NULL,
	attempt INTEGER NOT NULL,
	state TEXT NOT NULL,
	type TEXT NOT NULL,
	limit_price TEXT NOT NULL,
	quantity INTEGER NOT NULL,
	filled INTEGER NOT NULL,
	proceeds TEXT NOT NULL,
	fees TEXT NOT NULL,
	venue_order_id TEXT,
	created INTEGER NOT NULL,
	sent INTEGER,
	updated INTEGER NOT NULL,
	deadline INTEGER,
	cancel_asked INTEGER,
	last_error TEXT NOT NULL,
	epoch INTEGER NOT NULL,
	PRIMARY KEY (client_order_id),
	CONSTRAINT orders_state_is_known CHECK (state IN ('intent', 'sent', 'open', 'part-filled', 'filled', 'cancelled', 'refused', 'expired', 'unknown')),
	CONSTRAINT orders_type_is_known CHECK (type IN ('post-only', 'ioc')),
	CONSTRAINT orders_quantity_is_positive CHECK (quantity > 0),
	CONSTRAINT orders_filled_within_quantity CHECK (filled >= 0 AND filled <= quantity),
	CONSTRAINT orders_filled_state_is_whole CHECK (state <> 'filled' OR filled = quantity),
	CONSTRAINT orders_attempt_is_not_negative CHECK (attempt >= 0),
	CONSTRAINT orders_intent_is_unsent CHECK (state <> 'intent' OR (sent IS NULL AND venue_order_id IS NULL)),
	CONSTRAINT orders_limit_price_is_decimal CHECK (limit_price GLOB '[0-9]*' AND limit_price NOT GLOB '*[^0-9.]*' AND limit_price NOT GLOB '*.*.*'),
	CONSTRAINT orders_proceeds_is_decimal CHECK (proceeds GLOB '[0-9]*' AND proceeds NOT GLOB '*[^0-9.]*' AND proceeds NOT GLOB '*.*.*'),
	CONSTRAINT orders_fees_is_decimal CHECK (ltrim(fees, '-') GLOB '[0-9]*' AND ltrim(fees, '-') NOT GLOB '*[^0-9.]*' AND fees NOT GLOB '*.*.*' AND fees NOT GLOB '?*-*'),
	CONSTRAINT orders_slice_of_sale FOREIGN KEY(slice_id, sale_id) REFERENCES slices (id, sale_id),
	CONSTRAINT orders_one_per_venue_order UNIQUE (venue, venue_order_id),
	CONSTRAINT orders_one_per_attempt UNIQUE (slice_id, venue, attempt),
	CONSTRAINT orders_identity UNIQUE (client_order_id, venue, sale_id, slice_id),
	FOREIGN KEY(sale_id) REFERENCES sales (id) ON DELETE RESTRICT ON UPDATE RESTRICT,
	FOREIGN KEY(epoch) REFERENCES epochs (number) ON DELETE RESTRICT ON UPDATE RESTRICT
)
 STRICT;

CREATE TABLE cancels (
	id INTEGER NOT NULL,
	client_order_id TEXT NOT NULL,
	reason TEXT NOT NULL,
	asked INTEGER NOT NULL,
	epoch INTEGER NOT NULL,
	outcome TEXT,
	settled INTEGER,
	PRIMARY KEY (id),
	CONSTRAINT cancels_outcome_has_a_time CHECK ((outcome IS NULL) = (settled IS NULL)),
	FOREIGN KEY(client_order_id) REFERENCES orders (client_order_id) ON DELETE RESTRICT ON UPDATE RESTRICT,
	FOREIGN KEY(epoch) REFERENCES epochs (number) ON DELETE RESTRICT ON UPDATE RESTRICT
)
 STRICT;

CREATE TABLE fills (
	venue TEXT NOT NULL,
	trade_id TEXT NOT NULL,
	client_order_id TEXT NOT NULL,
	sale_id TEXT NOT NULL,
	slice_id TEXT NOT NULL,
	quantity INTEGER NOT NULL,
	price TEXT NOT NULL,
	cost TEXT NOT NULL,
	fee TEXT NOT NULL,
	fee_currency TEXT NOT NULL,
	liquidity TEXT NOT NULL,
	executed INTEGER NOT NULL,
	recorded INTEGER NOT NULL,
	late INTEGER NOT NULL,
	PRIMARY KEY (venue, trade_id),
	CONSTRAINT fills_liquidity_is_known CHECK (liquidity IN ('maker', 'taker', 'unstated')),
	CONSTRAINT fills_quantity_is_positive CHECK (quantity > 0),
	CONSTRAINT fills_late_is_flag CHECK (late IN (0, 1)),
	CONSTRAINT fills_price_is_decimal CHECK (price GLOB '[0-9]*' AND price NOT GLOB '*[^0-9.]*' AND price NOT GLOB '*.*.*'),
	CONSTRAINT fills_cost_is_decimal CHECK (cost GLOB '[0-9]*' AND cost NOT GLOB '*[^0-9.]*' AND cost NOT GLOB '*.*.*'),
	CONSTRAINT fills_fee_is_decimal CHECK (ltrim(fee, '-') GLOB '[0-9]*' AND ltrim(fee, '-') NOT GLOB '*[^0-9.]*' AND fee NOT GLOB '*.*.*' AND fee NOT GLOB '?*-*'),
	CONSTRAINT fills_of_their_order FOREIGN KEY(client_order_id, venue, sale_id, slice_id) REFERENCES orders (client_order_id, venue, sale_id, slice_id)
)
 STRICT;

CREATE INDEX cancels_by_order ON cancels (client_order_id);

CREATE INDEX commands_by_state ON commands (state);

CREATE INDEX events_by_subject ON events (subject);

CREATE INDEX fills_by_order ON fills (client_order_id, quantity);

CREATE INDEX fills_by_sale ON fills (sale_id);

CREATE INDEX fills_by_time ON fills (executed);

CREATE INDEX live_quote_history_by_time ON live_quote_history (venue, desk);

CREATE INDEX orders_by_change ON orders (updated);

CREATE INDEX orders_by_sale ON orders (sale_id, state, quantity, filled);

CREATE INDEX orders_by_state ON orders (state);

CREATE UNIQUE INDEX orders_one_live ON orders (sale_id, venue) WHERE state IN ('intent', 'sent', 'open', 'part-filled', 'unknown');

CREATE INDEX sales_by_state ON sales (state);

CREATE INDEX slices_by_due ON slices (state, due);

