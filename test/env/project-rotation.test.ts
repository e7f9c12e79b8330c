// The settings of the project secret's rotation, and of those who ask for it.

import { expect, test } from 'vitest'
import { DEPLOYED } from '../../lambda/core/rotation/bounds.ts'
import { writeBounds } from '../../lambda/env/bounds.ts'
import {
  type ProjectRotationEnv,
  readProjectRotationEnv,
  writeProjectRotationEnv,
} from '../../lambda/env/project-rotation.ts'
import { readSweepEnv, writeSweepEnv } from '../../lambda/env/sweep.ts'

const settings: ProjectRotationEnv = {
  stage: 'prod',
  project: { projectId: 'project-live-1', baseUrl: 'http://127.0.0.1:4010' },
  projectSecretName: 'stytch/m2m-prod',
  projectSlug: 'acme',
  environmentSlug: 'production',
  workspaceKeySecretId: 'stytch/workspace',
  quietHours: 25,
  managementUrl: 'http://127.0.0.1:4011',
  eventBus: 'm2m-prod',
  freeze: { parameter: '/m2m/prod/freeze' },
  bounds: { ...DEPLOYED, readLagMs: 1000 },
}

test('what is written is read back', () => {
  expect(readProjectRotationEnv(writeProjectRotationEnv(settings))).toEqual(settings)
})

test('everything that is missing is named at once', () => {
  const names = Object.keys(writeProjectRotationEnv(settings)).filter(
    (name) => !name.endsWith('_URL') && !(name in writeBounds(DEPLOYED)),
  )

  expect(() => readProjectRotationEnv({})).toThrow(
    expect.objectContaining({
      code: 'SETTINGS_MALFORMED',
      message: expect.stringMatching(new RegExp(names.join('[^]*'))),
    }),
  )
})

test('what is malformed is refused', () => {
  const written = writeProjectRotationEnv(settings)

  expect(() => readProjectRotationEnv({ ...written, M2M_QUIET_HOURS: 'soon' })).toThrow('M2M_QUIET_HOURS is malformed')
  expect(() => readProjectRotationEnv({ ...written, STYTCH_MANAGEMENT_URL: 'http://elsewhere.example' })).toThrow(
    'STYTCH_MANAGEMENT_URL is malformed',
  )
})

test('whoever asks for its rotation knows the secret and the function, or neither', () => {
  const sweep = {
    stage: 'prod',
    secretNamePrefix: 'm2m/prod/',
    rotationFunctionArn: 'arn:rotation',
    eventBus: 'm2m-prod',
    periodHours: 720,
    overlapHours: 24,
    longestHoldHours: 168,
    everyMinutes: 15,
    checksPerSecond: 200,
    freeze: { parameter: '/m2m/prod/freeze' },
    bounds: DEPLOYED,
  }
  const project = { secretName: 'stytch/m2m-prod', rotationFunctionArn: 'arn:project-rotation', periodDays: 90 }

  expect(readSweepEnv(writeSweepEnv({ ...sweep, project })).project).toEqual(project)
  expect(readSweepEnv(writeSweepEnv(sweep)).project).toBeUndefined()
  expect(() => readSweepEnv({ ...writeSweepEnv(sweep), M2M_PROJECT_SECRET: 'stytch/m2m-prod' })).toThrow(
    'M2M_PROJECT_ROTATION_FUNCTION is missing',
  )
})
