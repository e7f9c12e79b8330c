// Crash points of a rollback; the other intents have nine tenths of all there are: crash.long.test.ts. `npm run torture` plays all ways at
// all points, and double kills. And that a seat's executions have the rights of the template, so that whatever a crash makes a function call is evaluated.
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { expect, test } from 'vitest'
import type { Caller } from '../../lambda/local/iam/people.ts'
import { losesNothing } from './crash-claims.ts'
import { createSeat, register } from './seat.ts'

losesNothing(['rollback'])

test('in a seat the rotation function reads a value, and the sweep and a stranger are denied it', async () => {
  const seat = await createSeat()
  const { secretArn } = await register(seat)
  const read = async (caller: Caller): Promise<string> => {
    const client = new SecretsManagerClient(seat.awsConfig(caller))
    const said = await client.send(new GetSecretValueCommand({ SecretId: secretArn })).then(
      () => 'read',
      (error: Error) => error.name,
    )
    client.destroy()
    return said
  }

  expect(await read('m2m-laptop-rotation-us-east-1')).toBe('read')
  expect(await read('m2m-laptop-sweep-us-east-1')).toBe('AccessDeniedException')
  expect(await read('stranger')).toBe('AccessDeniedException')
  await seat.close()
})
