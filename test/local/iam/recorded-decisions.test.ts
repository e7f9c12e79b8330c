// The decisions of an independent evaluator (scripts/rights/simulator.ts), recorded for every caller and every request of the table, replayed
// against ours: the two agree. Where that one is known to be wrong, no caller of the recording goes.
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { type Decision, evaluateAccess } from '../../../lambda/local/iam/evaluate.ts'
import { recordingFile } from '../../../scripts/rights/main.ts'
import { decisionsIn, type Question, readRecording } from '../../../scripts/rights/recording.ts'

const letters: Readonly<Record<Decision, string>> = { allowed: 'A', implicitDeny: 'I', explicitDeny: 'D' }

const principalArnOf = ({ principal, context }: Question): string => String(context['aws:PrincipalArn'] ?? principal)

const decide = (question: Question): string => {
  const { principal, identityPolicies, serviceControlPolicies, ...rest } = question
  const { decision } = evaluateAccess({
    ...rest,
    caller: { arn: principal, principalArn: principalArnOf(question) },
    policies: { identityPolicies, serviceControlPolicies },
  })
  return letters[decision]
}

const recording = readRecording(readFileSync(recordingFile, 'utf8'))
const questions = decisionsIn(recording)

test('every recorded decision of the independent evaluator is ours as well', () => {
  const different = questions
    .filter((question) => decide(question) !== question.decision)
    .map(
      (question) =>
        `${question.principal}: ${question.action} on ${question.resource}: ${question.decision} there, ${decide(question)} here`,
    )

  expect(questions.length).toBeGreaterThan(2000)
  expect(different).toEqual([])
})
