// The rotation function of the project's own secret: the same steps as a client's, with another issuer, another form, and the workspace
// key, which no other function may read.

import type { Context } from 'aws-lambda'
import { createEventBridge, createSecretsManager } from '../adapters/aws/clients.ts'
import { createEvents } from '../adapters/aws/events.ts'
import { createFreeze } from '../adapters/aws/freeze.ts'
import { createKeeping } from '../adapters/aws/keeping.ts'
import { createSecretRotator } from '../adapters/aws/secret-rotator.ts'
import { createSignedCall } from '../adapters/aws/signed-call.ts'
import { createWorkspaceCredentials } from '../adapters/aws/workspace-credentials.ts'
import { vendorBaseUrl } from '../adapters/stytch/base-url.ts'
import { createSend } from '../adapters/stytch/http.ts'
import { createManagementApi, MANAGEMENT_URL } from '../adapters/stytch/management.ts'
import { createProjectIssuer } from '../adapters/stytch/project-issuer.ts'
import { createWhoami } from '../adapters/stytch/whoami.ts'
import { createTiming } from '../adapters/timing.ts'
import { ROTATION_SOURCE } from '../core/base/event-types.ts'
import { HOUR_MS } from '../core/base/time-units.ts'
import { projectSecretForm } from '../core/secret/project-secret-form.ts'
import { readProjectRotationEnv } from '../env/project-rotation.ts'
import { processEnvironment } from '../env.ts'
import { handleStep, type StepAnswer } from './handle-step.ts'

const settings = readProjectRotationEnv(processEnvironment())
const { project, projectSecretName: secretName, projectSlug, environmentSlug, freeze: frozen } = settings
const { projectId, baseUrl = vendorBaseUrl(project.projectId) } = project
const secretsManager = createSecretsManager()
const secrets = createSecretRotator(secretsManager)
const events = createEvents(createEventBridge(), settings.eventBus, ROTATION_SOURCE)
const systemsManager = createSignedCall(secretsManager, { service: 'ssm', endpoint: frozen.endpoint })
const freeze = createFreeze(systemsManager, frozen.parameter)
const keepingOf = createKeeping(secretsManager, settings)
const credentials = createWorkspaceCredentials({ client: secretsManager, secretId: settings.workspaceKeySecretId })
const send = createSend()

/** @throws RotationRefused or Fault: a step that throws is a failed step to Secrets Manager. */
export const handler = (event: unknown, context: Context): Promise<StepAnswer | undefined> =>
  handleStep({ stage: settings.stage, event, context }, ({ secretId }, journal) => {
    const timing = createTiming(() => context.getRemainingTimeInMillis())
    const place = { send, timing }
    const management = { ...place, baseUrl: settings.managementUrl ?? MANAGEMENT_URL, credentials }
    const issuer = createProjectIssuer({
      projectId,
      secretName,
      secretId,
      management: createManagementApi({ ...management, projectSlug, environmentSlug }),
      whoami: createWhoami({ ...place, baseUrl }),
      quietMs: settings.quietHours * HOUR_MS,
    })
    return {
      issuer,
      form: projectSecretForm,
      secrets,
      events,
      freeze,
      ...keepingOf(context.awsRequestId),
      timing,
      journal,
      bounds: settings.bounds,
    }
  })
