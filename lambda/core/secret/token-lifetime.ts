// How long a token that Stytch has minted is valid (stytch-api §3): what was issued longer ago is dead by itself.
import { HOUR_MS } from '../base/time-units.ts'

export const TOKEN_LIFETIME_MS = HOUR_MS
