"""Every code block of the documentation: the test that runs it, or why none does.

By page, in the order of its blocks: the language after the fence, and either a test as ``file::function`` or a sentence
that begins with "not run: ". A block that is not here, or stands elsewhere, fails ``test_blocks.py``.
"""

from typing import Final

type Block = tuple[str, str]

_PICTURE: Final = ("", "not run: a picture in letters")
_FORMULA: Final = ("", "not run: a formula")
_OF_CI: Final = "not run: these make targets are what continuous integration runs, see test_continuous_integration.py"
_MAKE_DEMO: Final = (
    "not run: make demo is aml-miner demo after make setup; tests/cli/test_readme.py runs a demo"
)
_OF_IMAGE: Final = (
    "not run: needs a container engine; scripts/verify_container does the same, as make image"
)
_RECORD: Final = "not run: the record of a run on data that no clone has, or of a faulty model"
_CUSTOMISATION: Final = "tests/cli/test_customisation_page.py::"
_CHANGED_SOURCE: Final = "tests/cli/test_changed_source.py::test_typology_of_the_page_raises_alerts"
_README: Final = "tests/cli/test_readme.py::"
_OTHERS: Final = "tests/cli/test_other_pages.py::"
_API: Final = "tests/api/test_api_page.py::"
_DOCTOR: Final = "tests/cli/test_doctor_page.py::"
_EVALUATION: Final = "tests/cli/test_evaluation_page.py::"
_EXPLANATIONS: Final = "tests/cli/test_explanations_page.py::"
_TRAINING: Final = "tests/cli/test_training_page.py::"
_VALIDATOR: Final = "tests/cli/test_validator_page.py::"
_SIMULATION: Final = "tests/cli/test_simulation_page.py::"
_INTAKE: Final = "tests/cli/test_intake_page.py::test_every_command_runs"
_DIGESTS: Final = (
    "tests/scoring/test_digests_page.py::test_what_the_page_says_to_type_gives_its_digest"
)

BLOCKS: Final[dict[str, tuple[Block, ...]]] = {
    "README.md": (
        ("sh", _MAKE_DEMO),
        ("sh", _README + "test_demo_of_a_folder_of_transfers_runs_as_shown"),
        ("sh", _README + "test_models_that_come_along_score_as_shown"),
        ("sh", _README + "test_every_command_of_the_shell_example_runs"),
        ("python", _README + "test_library_example_prints_the_alerts_to_open_first"),
        ("python", _README + "test_tables_in_memory_are_scored_as_shown"),
        ("sh", _README + "test_server_example_is_answered_as_described"),
    ),
    "CONTRIBUTING.md": (("sh", _OF_CI), _PICTURE, _PICTURE),
    "docs/api.md": (
        ("sh", _API + "test_the_tables_curl_sends_are_scored"),
        ("json", _API + "test_a_reference_of_that_form_is_answered"),
        ("python", _API + "test_the_client_of_the_page_gets_scores_and_stored_ranks"),
    ),
    "docs/container.md": (("sh", _OF_IMAGE),) * 3,
    "docs/customisation.md": (
        ("sh", _MAKE_DEMO),
        ("sh", _CUSTOMISATION + "test_commands_from_a_clone_to_a_server_run"),
        (
            "sh",
            "not run: serve goes on until it is stopped; validate-api without a URL starts one, in tests/cli",
        ),
        *(("python", _CUSTOMISATION + "test_every_block_runs"),) * 3,
        *((language, _CHANGED_SOURCE) for language in ("diff", "diff", "sh")),
        ("yaml", _CUSTOMISATION + "test_configuration_of_the_page_is_what_train_grows_by"),
        *(("python", _CUSTOMISATION + "test_every_block_runs"),) * 3,
    ),
    "docs/determinism.md": (
        ("sh", _OTHERS + "test_scoring_again_gives_the_digest_that_determinism_promises"),
    ),
    "docs/digests.md": (("python", _DIGESTS), ("sh", _DIGESTS)),
    "docs/doctor.md": (
        ("sh", _DOCTOR + "test_every_command_of_the_page_runs"),
        ("sh", _OF_CI),
        ("console", _RECORD),
        ("", _RECORD),
        ("python", _DOCTOR + "test_a_law_of_ones_own_is_asked_as_shown"),
    ),
    "docs/evaluation.md": (
        ("sh", _EVALUATION + "test_every_command_of_the_page_runs"),
        ("python", _EVALUATION + "test_library_example_prints_every_scoring"),
    ),
    "docs/explained_alerts.md": (
        ("sh", _OTHERS + "test_what_explained_alerts_are_printed_of_is_made_so"),
    ),
    "docs/explanations.md": (
        ("sh", _EXPLANATIONS + "test_command_of_the_page_runs"),
        ("python", _EXPLANATIONS + "test_one_alert_has_the_bits_it_has_among_all"),
        (
            "python",
            _EXPLANATIONS + "test_library_example_prints_the_leading_features_and_draws",
        ),
    ),
    "docs/intake.md": (("sh", _INTAKE), ("sh", _INTAKE)),
    "docs/models.md": (("sh", _OTHERS + "test_every_command_of_the_page_on_models_runs"),),
    "docs/monitoring.md": (
        ("sh", _OTHERS + "test_windows_and_backtests_of_the_page_on_monitoring_are_made"),
        ("python", _OTHERS + "test_windows_and_backtests_of_the_page_on_monitoring_are_made"),
        ("yaml", _OTHERS + "test_profile_of_the_page_on_monitoring_is_one"),
    ),
    "docs/operations.md": (("yaml", "tests/docs/test_named.py::test_every_rule_asks_for_figures"),),
    "docs/quickstart.md": (
        ("sh", _MAKE_DEMO),
        ("sh", _OTHERS + "test_every_command_of_the_quickstart_runs"),
        ("sh", _OTHERS + "test_every_command_of_the_quickstart_runs"),
    ),
    "docs/simulation.md": (
        ("sh", _SIMULATION + "test_every_command_of_the_page_runs"),
        ("python", _SIMULATION + "test_the_kind_of_the_page_is_planted"),
    ),
    "docs/training.md": (
        ("sh", _TRAINING + "test_every_command_of_the_page_runs"),
        ("python", _TRAINING + "test_strategy_of_the_page_is_found"),
        ("yaml", _TRAINING + "test_the_average_of_the_page_is_a_configuration"),
        ("sh", _TRAINING + "test_every_command_of_the_page_runs"),
        ("sh", _TRAINING + "test_every_command_of_the_page_runs"),
        ("sh", _TRAINING + "test_every_command_of_the_page_runs"),
        ("yaml", _TRAINING + "test_every_default_is_on_the_page"),
    ),
    "docs/validator.md": (
        ("sh", _VALIDATOR + "test_every_command_of_the_page_runs"),
        ("sh", _VALIDATOR + "test_every_command_of_the_page_runs"),
        _FORMULA,
        _FORMULA,
        ("sh", _VALIDATOR + "test_every_command_of_the_page_runs"),
        ("sh", _VALIDATOR + "test_every_command_of_the_page_runs"),
        ("sh", _VALIDATOR + "test_every_command_of_the_page_runs"),
        ("console", _RECORD),
        ("console", _RECORD),
        ("python", _VALIDATOR + "test_library_example_prints_the_reward_by_day"),
    ),
}
