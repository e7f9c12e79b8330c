// What an operator decides about the Stytch project: which it is, where its credentials are kept, and whether they are rotated. Read with the
// rest of the configuration (deploy-config.ts); names of secrets, never a value.
import { defined } from '../../lambda/core/base/defined.ts'
import { defaults } from './config-defaults.ts'
import type { Place } from './config-place.ts'
import { shapes } from './config-shapes.ts'

export interface ProjectRotationConfig {
  /** How Stytch's Management API names the project and its environment. */
  readonly projectSlug: string
  readonly environmentSlug: string
  /** Name of the secret that holds the workspace key. Made by hand (docs/deploying.md). */
  readonly workspaceKeySecretName: string
  /** The customer-managed key of that secret; absent: aws/secretsmanager. */
  readonly workspaceKeySecretKeyArn?: string
  readonly periodDays: number
  /** For how long a value must not have been used before a planned rotation ends it. */
  readonly quietHours: number
}

export interface StytchConfig {
  readonly projectId: string
  /** Name of the secret that holds the project's credentials. Made by hand (docs/deploying.md). */
  readonly projectSecretName: string
  /** The customer-managed key of that secret; absent: aws/secretsmanager. */
  readonly projectSecretKeyArn?: string
  /** Absent: the project secret is rotated by hand. */
  readonly projectRotation?: ProjectRotationConfig
  /** Where consumers exchange a secret, when not at Stytch's own address (a custom domain). */
  readonly tokenUrl?: string
}

/** A stage whose name says that nothing real is behind it. */
const PLAY_STAGE = /(^|-)(test|testing|dev|develop|development|sandbox|local|ci)(-|$)/

const readProjectRotation = (stytch: Place): ProjectRotationConfig | undefined => {
  const place = stytch.inner('projectRotation')
  if (place === undefined) return undefined
  place.onlyKnows(
    'projectSlug',
    'environmentSlug',
    'workspaceKeySecretName',
    'workspaceKeySecretKeyArn',
    'periodDays',
    'quietHours',
  )
  const workspaceKeySecretKeyArn = place.optional('workspaceKeySecretKeyArn', shapes.keyArn)
  return {
    projectSlug: place.text('projectSlug', shapes.slug),
    environmentSlug: place.text('environmentSlug', shapes.slug),
    workspaceKeySecretName: place.text('workspaceKeySecretName', shapes.secretName),
    periodDays: place.integer('periodDays', defaults.projectPeriodDays, [2, 1000]),
    quietHours: place.integer('quietHours', defaults.projectQuietHours, [2, 720]),
    ...defined({ workspaceKeySecretKeyArn }),
  }
}

export const readStytchConfig = (root: Place, stage: string): StytchConfig => {
  const place = root.inner('stytch', '{ projectId, projectSecretName }')
  if (place === undefined) return { projectId: '', projectSecretName: '' }
  place.onlyKnows('projectId', 'projectSecretName', 'projectSecretKeyArn', 'projectRotation', 'tokenUrl')
  const projectId = place.text('projectId', shapes.projectId)
  if (projectId.startsWith('project-live-') && PLAY_STAGE.test(stage)) {
    place.fault('projectId', `is a live project in stage ${stage}: expected project-test-…, or a stage named otherwise`)
  }
  const projectSecretKeyArn = place.optional('projectSecretKeyArn', shapes.keyArn)
  const tokenUrl = place.optional('tokenUrl', shapes.httpsUrl)
  const projectRotation = readProjectRotation(place)
  const projectSecretName = place.text('projectSecretName', shapes.secretName)
  if (projectRotation?.workspaceKeySecretName === projectSecretName && projectSecretName !== '') {
    const own = 'expected a secret of its own, which other functions may not read'
    place.fault('projectRotation.workspaceKeySecretName', `is the project secret: ${own}`)
  }
  return {
    projectId,
    projectSecretName,
    ...defined({ projectSecretKeyArn, projectRotation, tokenUrl }),
  }
}

/** The secrets that are named by hand: none may lie where the rotation function may write. */
export const stytchSecretNames = ({
  projectSecretName,
  projectRotation,
}: StytchConfig): readonly (readonly [key: string, name: string])[] => [
  ['stytch.projectSecretName', projectSecretName],
  ...(projectRotation === undefined
    ? []
    : [['stytch.projectRotation.workspaceKeySecretName', projectRotation.workspaceKeySecretName] as const]),
]
