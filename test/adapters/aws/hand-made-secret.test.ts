// A secret that a person stores by hand and forgot: every reader says what to create, whether AWS says that it is not there or denies.
import { CreateSecretCommand, DeleteSecretCommand } from '@aws-sdk/client-secrets-manager'
import { describe, expect, test } from 'vitest'
import { createProjectCredentials } from '../../../lambda/adapters/aws/project-credentials.ts'
import { createSigningSecrets } from '../../../lambda/adapters/aws/signing-secrets.ts'
import { createWorkspaceCredentials } from '../../../lambda/adapters/aws/workspace-credentials.ts'
import { createAlertValues } from '../../../lambda/adapters/github/alert-values.ts'
import { createFakeJournal } from '../../fakes/fake-journal.ts'
import { PROJECT_ID, useAws } from '../../fakes/stand-ins.ts'

const aws = useAws()
const NAME = 'by-hand/one'
const client = () => aws.sdk().secrets

const readers: Readonly<Record<string, () => Promise<unknown>>> = {
  'the Stytch project secret': () =>
    createProjectCredentials({ client: client(), secretId: NAME, projectId: PROJECT_ID })(false),
  'the Stytch workspace key': () => createWorkspaceCredentials({ client: client(), secretId: NAME })(false),
  "the detectors' signing secret": () =>
    createSigningSecrets({ client: client(), secretId: NAME, now: () => 0, journal: createFakeJournal() }).read(false),
  "the GitHub App's key": () =>
    createAlertValues({ client: client(), appSecretId: NAME, baseUrl: 'http://127.0.0.1:1', now: () => 0 }).fetch({
      repository: 'acme/shop',
      alertNumber: 1,
    }),
}

describe.each(Object.entries(readers))('%s', (title, read) => {
  const command = `aws secretsmanager create-secret --name ${NAME} --secret-string file:///dev/stdin`

  test('that is not there is rejected, with the command that creates it', async () => {
    await expect(read()).rejects.toMatchObject({
      code: 'SECRETS_MANAGER_REJECTED',
      message: expect.stringMatching(
        new RegExp(`failed with ResourceNotFoundException: .+; create ${title} ${NAME}: `),
      ),
    })
    await expect(read()).rejects.toThrow(command)
  })

  test('that is denied, as AWS does for a name without its six characters', async () => {
    aws.standIn.faults.add({ op: 'GetSecretValue', kind: 'error', status: 403 })

    await expect(read()).rejects.toThrow(`AWS answers the same when ${title} ${NAME} does not exist`)
    await expect(read()).rejects.toThrow(command)
  })

  test('that is scheduled for deletion', async () => {
    await client().send(new CreateSecretCommand({ Name: NAME, SecretString: 'canary' }))
    await client().send(new DeleteSecretCommand({ SecretId: NAME, RecoveryWindowInDays: 7 }))

    await expect(read()).rejects.toThrow(`aws secretsmanager restore-secret --secret-id ${NAME}`)
  })
})
