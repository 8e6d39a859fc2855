# Makes .venv and fills it, where the Makefile finds that something is missing.
#
#   sh tools/install.sh course python3 lab   the course, with python3, for who typed `make lab`
#   sh tools/install.sh extras               what requirements-extra.txt adds to it
#
# A shell script, because the Python that it is given may be missing. uv installs where there
# is one, else pip. .venv/unfinished becomes .venv/installed at the end: after an interrupted
# install the next one starts from nothing.
set -eu

course() {
    check_python "$1" "make $2 PYTHON=python3.12"
    echo "Making .venv and installing the packages: a minute or two, about 1 GB."
    [ ! -e .venv/unfinished ] || rm -rf .venv
    make_venv "$1"
    touch .venv/unfinished
    add requirements.txt
    no_news >/dev/null 2>&1
    .venv/bin/python -W ignore -m tools.warm_up
    mv .venv/unfinished .venv/installed
}

extras() {
    echo "Adding what requirements-extra.txt names to .venv: half a minute, about 250 MB."
    add requirements-extra.txt
    lab_as_before >/dev/null 2>&1
    touch .venv/extras
}

check_python() {  # stops with one line if $1 cannot make .venv; $2 is what to type instead
    "$1" -c '' 2>/dev/null ||
        stop "There is no \"$1\" here. Install Python 3.10 or newer, or name yours: $2"
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 10))' ||
        stop "$("$1" -V 2>&1) is too old, 3.10 or newer is needed. Where there is one, type: $2"
    has_uv || "$1" -c 'import ensurepip, venv' 2>/dev/null ||
        stop "\"$1\" comes without venv. Type: sudo apt install python3-venv"
}

stop() {
    printf '%s\n' "$1" >&2
    exit 1
}

has_uv() {
    command -v uv >/dev/null
}

make_venv() {  # a .venv that works is kept
    if has_uv; then
        .venv/bin/python -c '' 2>/dev/null || uv venv --quiet --allow-existing \
            --python "$("$1" -c 'import sys; print(sys.executable)')" .venv
    else
        .venv/bin/python -m pip --version >/dev/null 2>&1 || "$1" -m venv --clear .venv
    fi
}

add() {
    if has_uv; then
        uv pip install --quiet --python .venv/bin/python -r "$1" -c constraints.txt
    else
        { .venv/bin/python -u -m pip install --disable-pip-version-check \
            -r "$1" -c constraints.txt || echo FAILED; } | dots
    fi
}

dots() {  # one for each package that pip names
    while read -r word _; do
        case $word in
            Collecting) printf . ;;
            Installing) printf ' unpacking' ;;
            FAILED) echo && return 1 ;;
        esac
    done
    echo
}

no_news() {  # JupyterLab does not ask whether it may fetch news
    .venv/bin/python -m jupyterlab.labextensions disable --level=sys_prefix \
        "@jupyterlab/apputils-extension:announcements"
}

lab_as_before() {  # what nbgrader brings for JupyterLab stays off until somebody wants it
    for part in formgrader validate_assignment assignment_list course_list; do
        .venv/bin/python -m jupyter server extension disable --sys-prefix \
            "nbgrader.server_extensions.$part"
    done
    for part in @jupyter/nbgrader @jupyter-notebook/lab-extension; do
        .venv/bin/python -m jupyter labextension disable --level=sys_prefix "$part"
    done
}

"$@"
