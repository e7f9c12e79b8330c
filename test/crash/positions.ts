// Brings a fresh secret into each position from which a rotation may begin, the way it comes about in life: by rotations of our own,
// and by a colleague in the Stytch dashboard.
import { register, rotateSecret, type Seat, type Subject, undisturbed } from './seat.ts'

export const beginnings = [
  'settled',
  'overlap',
  'overlapAfterRevoke',
  'rolledBack',
  'orphan',
  'cancelledUnderUs',
  'drift',
  'driftWithNext',
] as const
export type Beginning = (typeof beginnings)[number]

const prepare: Record<Beginning, (seat: Seat, subject: Subject) => Promise<void>> = {
  settled: async () => {},
  overlap: async (seat, subject) => {
    await rotateSecret(seat, subject, 'rotate')
  },
  overlapAfterRevoke: async (seat, subject) => {
    await rotateSecret(seat, subject, 'revoke')
  },
  rolledBack: async (seat, subject) => {
    await rotateSecret(seat, subject, 'rotate')
    await rotateSecret(seat, subject, 'rollback')
  },
  orphan: async ({ kind, stytch }, { clientId }) => {
    kind.dashboard(stytch).rotateStart(clientId)
  },
  cancelledUnderUs: async (seat, subject) => {
    await rotateSecret(seat, subject, 'rotate')
    seat.kind.dashboard(seat.stytch).rotateCancel(subject.clientId)
  },
  drift: async ({ kind, stytch }, { clientId }) => {
    kind.dashboard(stytch).rotateStart(clientId)
    kind.dashboard(stytch).rotateComplete(clientId)
  },
  driftWithNext: async ({ kind, stytch }, { clientId }) => {
    kind.dashboard(stytch).rotateStart(clientId)
    kind.dashboard(stytch).rotateComplete(clientId)
    kind.dashboard(stytch).rotateStart(clientId)
  },
}

export const begin = async (seat: Seat, beginning: Beginning): Promise<Subject> => {
  seat.onInvoke = undisturbed(seat)
  const subject = await register(seat)
  await prepare[beginning](seat, subject)
  return subject
}
