// Which types of events each source reports, as docs/events has them (a test holds the two together). The bus denies every other, so that
// a role that may speak as one source cannot put evidence on the bus that is another's to give.

const LEAK_REPORTED = 'Secret Leak Reported'
/** Of whoever may only report a leak. */
const REPORTS = [LEAK_REPORTED]

export const toldTypes: Readonly<Record<string, readonly string[]>> = {
  'm2m.rotation': ['M2M Secret Changed', 'Rotation Completed', 'Rotation Refused', 'Secret Revoked', 'Drift Detected'],
  'm2m.sweep': [
    'Adoption Awaited',
    'Adoption Unproven',
    'Hold Too Long',
    'Rotation Off',
    'Rotation Stuck',
    'Secret Overdue',
    'Settle Refusing',
  ],
  'm2m.campaign': ['Campaign Completed'],
  'm2m.incident': ['Incident Completed'],
  'm2m.leak-intake': [LEAK_REPORTED, 'Leak Unresolved', 'Leak Closed', 'Incident Held'],
  'm2m.security': REPORTS,
  'm2m.break-glass': REPORTS,
  'm2m.vendor': ['Credential Refused'],
}
