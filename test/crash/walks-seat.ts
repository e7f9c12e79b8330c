// A seat whose own client, the one that asks for rotations and meddles, waits long for its replies. On a busy machine the seat's short
// timeout would make the client ask twice, and be told that the rotation it has just started is in its way.
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { createSeat, type Seat } from './seat.ts'

export const createPatientSeat = async (): Promise<Seat> => {
  const seat = await createSeat()
  seat.client.destroy()
  const client = new SecretsManagerClient({ ...seat.awsConfig('break-glass'), maxAttempts: 1 })
  return Object.assign(seat, {
    isHasty: true,
    client,
    close: async () => {
      client.destroy()
      seat.aws.stopDrives()
      await Promise.all([seat.stytch.server.close(), seat.aws.close()])
    },
  })
}
