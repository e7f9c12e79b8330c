// The settings of the function that rotates the project's own secret: which project, where its secret and the workspace key lie, and how
// long a value must not have been used before a planned rotation ends it.
import { defined } from '../core/base/defined.ts'
import type { Bounds } from '../core/rotation/bounds.ts'
import { readBounds, writeBounds } from './bounds.ts'
import { type FreezeEnv, readFreezeEnv, writeFreezeEnv } from './freeze.ts'
import { readNumber } from './number.ts'
import { createReader, type Environment, type Reader } from './reader.ts'
import { type KeepingEnv, readKeeping, writeKeeping } from './records.ts'
import { baseUrlFault, readTokenPlace, type TokenPlaceEnv, writeTokenPlace } from './stytch.ts'

declare const DEPLOYED_BUNDLE: boolean | undefined

export interface ProjectRotationEnv extends KeepingEnv {
  /** Names the metrics' namespace, `M2M/<stage>`. */
  readonly stage: string
  readonly project: TokenPlaceEnv
  /** Name of the one secret that this function may rotate. */
  readonly projectSecretName: string
  /** How the Management API's paths name the project and its environment. */
  readonly projectSlug: string
  readonly environmentSlug: string
  /** Name or ARN of the secret that holds the workspace key. */
  readonly workspaceKeySecretId: string
  readonly quietHours: number
  /** Laptop only; else the vendor's own address. */
  readonly managementUrl?: string
  /** Name or ARN of the event bus. */
  readonly eventBus: string
  readonly freeze: FreezeEnv
  readonly bounds: Bounds
}

const readManagementUrl = (reader: Reader): { readonly managementUrl?: string } => {
  if (typeof DEPLOYED_BUNDLE === 'undefined') {
    const managementUrl = reader.optional('STYTCH_MANAGEMENT_URL')
    if (managementUrl !== undefined) {
      const fault = baseUrlFault(managementUrl)
      if (fault !== undefined) reader.fault('STYTCH_MANAGEMENT_URL', `is malformed: ${fault}`)
      return { managementUrl }
    }
  }
  return {}
}

export const readProjectRotationEnv = (env: Environment): ProjectRotationEnv => {
  const reader = createReader(env)
  const settings: ProjectRotationEnv = {
    stage: reader.text('M2M_STAGE', 'the name of the stage'),
    project: readTokenPlace(reader),
    projectSecretName: reader.text('M2M_PROJECT_SECRET', 'the name of the secret that holds the project secret'),
    projectSlug: reader.text('STYTCH_PROJECT_SLUG', "the project's slug"),
    environmentSlug: reader.text('STYTCH_ENVIRONMENT_SLUG', "the environment's slug"),
    workspaceKeySecretId: reader.text(
      'STYTCH_WORKSPACE_KEY_ID',
      'the name or ARN of the secret that holds the workspace key',
    ),
    quietHours: readNumber(reader, 'M2M_QUIET_HOURS', 'how many hours a value must not have been used, above 0'),
    eventBus: reader.text('M2M_EVENT_BUS', 'the name or ARN of the event bus'),
    freeze: readFreezeEnv(reader),
    bounds: readBounds(reader),
    ...readManagementUrl(reader),
    ...readKeeping(reader),
  }
  reader.finish()
  return settings
}

/** The inverse of readProjectRotationEnv. */
export const writeProjectRotationEnv = (settings: ProjectRotationEnv): Record<string, string> => ({
  M2M_STAGE: settings.stage,
  ...writeTokenPlace(settings.project),
  M2M_PROJECT_SECRET: settings.projectSecretName,
  STYTCH_PROJECT_SLUG: settings.projectSlug,
  STYTCH_ENVIRONMENT_SLUG: settings.environmentSlug,
  STYTCH_WORKSPACE_KEY_ID: settings.workspaceKeySecretId,
  M2M_QUIET_HOURS: String(settings.quietHours),
  M2M_EVENT_BUS: settings.eventBus,
  ...writeFreezeEnv(settings.freeze),
  ...writeKeeping(settings),
  ...writeBounds(settings.bounds),
  ...defined({ STYTCH_MANAGEMENT_URL: settings.managementUrl }),
})
