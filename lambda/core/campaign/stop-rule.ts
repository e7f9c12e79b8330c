// When a rotate has had enough: a share of everything that was tried, and a window of what was tried last, so that a campaign that went well
// for long notices as soon as one that has just begun. Known failures count in neither (known-failures.ts). Pure.

/** How many secrets back the window reaches. */
const WINDOW = 50
/** A tolerated share is an average: a window may hold so many times that share before it says that something has changed. */
const WINDOW_SHARE = 2
/** Chance alone makes a few failures meet. */
const LEAST_TOLERATED_IN_WINDOW = 10

export interface SoFar {
  /** Tried, to whatever end. */
  readonly begun: number
  readonly failed: number
}

/** How the last ones that were tried ended, oldest first: `x` failed, `.` did not. At most WINDOW characters. */
export type Recent = string

export const isRecentEnds = (value: unknown): value is Recent => typeof value === 'string' && /^[x.]{0,50}$/.test(value)

/** How many of the last WINDOW may fail. */
const toleratedInWindow = (toleratedPercentage: number): number =>
  Math.max(LEAST_TOLERATED_IN_WINDOW, Math.ceil((WINDOW * WINDOW_SHARE * toleratedPercentage) / 100))

const failuresIn = (recent: Recent): number => [...recent].filter((one) => one === 'x').length

export const isBadRun = (toleratedPercentage: number, recent: Recent): boolean =>
  failuresIn(recent) > toleratedInWindow(toleratedPercentage)

export const withEnd = (recent: Recent, isFailure: boolean): Recent =>
  `${recent}${isFailure ? 'x' : '.'}`.slice(-WINDOW)

/** What several pages that ran side by side ended with, each giving its share of the window. */
export const merged = (recents: readonly Recent[]): Recent => {
  const share = Math.ceil(WINDOW / Math.max(1, recents.length))
  return recents
    .map((recent) => recent.slice(-share))
    .join('')
    .slice(-WINDOW)
}

/**
 * The window after them. Each began with what was known before: only what it tried itself is new, or a failure of long ago would count once
 * for every page that a pause or a freeze kept from trying anything.
 */
export const goneOn = (
  before: Recent,
  pages: readonly { readonly recent: Recent; readonly tried: number }[],
): Recent => {
  const own = pages.filter(({ tried }) => tried > 0).map(({ recent, tried }) => recent.slice(-tried))
  return `${before}${merged(own)}`.slice(-WINDOW)
}

/**
 * How many more may fail among these: the tolerated share of all that was begun, these included, less what failed before. Below zero,
 * they are not begun.
 */
export const failuresAllowed = (toleratedPercentage: number, { begun, failed }: SoFar, size: number): number =>
  Math.floor(((begun + size) * toleratedPercentage) / 100) - failed

export const hasHadEnough = (toleratedPercentage: number, soFar: SoFar): boolean =>
  failuresAllowed(toleratedPercentage, soFar, 0) < 0

/** Why the rest is not begun; undefined: it is. */
export const whyEnough = (toleratedPercentage: number, soFar: SoFar, recent: Recent): string | undefined => {
  if (hasHadEnough(toleratedPercentage, soFar)) return `more than ${toleratedPercentage} % of those begun failed`
  if (!isBadRun(toleratedPercentage, recent)) return undefined
  return `${failuresIn(recent)} of the last ${recent.length} failed`
}
