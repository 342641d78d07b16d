//! Short programs, each answering one question.
