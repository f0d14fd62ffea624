"""The questionnaire engine: HL7 SDC questionnaires read, shown, answered, scored. No table here.

``reading.read(resource)`` gives a :class:`items.Definition` or refuses with the reason by item;
``answers`` holds what was answered and turns it into a QuestionnaireResponse and back;
``behaviour.settle`` says what is enabled and calculates; ``posting`` reads a form; ``showing``
prepares a page. Whoever asks questions (assessments, experience) uses the same engine.
"""
