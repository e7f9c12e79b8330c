// How long a leaked value may still be accepted after its replacement, where whoever reports it wants consumers to move first.

export const MIN_GRACE_SECONDS = 60
export const MAX_GRACE_SECONDS = 86_400
