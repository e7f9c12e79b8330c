// Where the partition keys of the records table begin, one word a kind of record: a role's rights hold for a kind.
export const LEASE_KEYS = 'lease#'
export const VERSION_KEYS = 'versions#'
/** The leak intake's gate. */
export const GATE_KEYS = 'gate#'
/** What the sweep has reported. */
export const REPORT_KEYS = 'reports#'
/** Who last read which secret. */
export const READ_KEYS = 'reads#'
/** Which secret holds a client that Stytch keeps no field for. */
export const CLAIM_KEYS = 'claims#'
